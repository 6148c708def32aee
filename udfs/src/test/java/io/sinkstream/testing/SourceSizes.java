package io.sinkstream.testing;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * How long classes and methods are, in lines of their sources. A class counts with all of its file, a method from its
 * first word or annotation to its brace, the comment above it left out.
 */
final class SourceSizes {
    /**
     * A class or a method.
     *
     * @param name {@code Class} or {@code Class.method}; of a nested class {@code Class.Nested.method}
     */
    record Size(String name, int lines) {}

    private SourceSizes() {}

    /** The classes of the sources under a folder, one a file. */
    static List<Size> classes(Path folder) {
        List<Size> sizes = new ArrayList<>();
        for (Path file : sources(folder)) {
            try (Stream<String> lines = Files.lines(file)) {
                sizes.add(new Size(file.getFileName().toString().replace(".java", ""), (int) lines.count()));
            } catch (IOException e) {
                throw new IllegalStateException(file.toString(), e);
            }
        }
        return sizes;
    }

    /** The methods and constructors of the sources under a folder. Throws IllegalStateException if one is not Java. */
    static List<Size> methods(Path folder) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<Size> sizes = new ArrayList<>();
        List<String> errors = new ArrayList<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            Iterable<? extends JavaFileObject> sources = files.getJavaFileObjectsFromPaths(sources(folder));
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, error -> errors.add(error.toString()), List.of("-proc:none"), null, sources);
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                new Methods(unit, positions, sizes).scan(unit, "");
            }
        } catch (IOException e) {
            throw new IllegalStateException(folder.toString(), e);
        }
        if (!errors.isEmpty()) {
            throw new IllegalStateException(String.join("\n", errors));
        }
        return sizes;
    }

    private static List<Path> sources(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(folder.toString(), e);
        }
    }

    /** Goes through a file; the second argument is the name of the class around, and a dot. */
    private static final class Methods extends TreeScanner<Void, String> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final List<Size> sizes;

        Methods(CompilationUnitTree unit, SourcePositions positions, List<Size> sizes) {
            this.unit = unit;
            this.positions = positions;
            this.sizes = sizes;
        }

        @Override
        public Void visitClass(ClassTree tree, String around) {
            return super.visitClass(
                    tree, tree.getSimpleName().isEmpty() ? around : around + tree.getSimpleName() + ".");
        }

        @Override
        public Void visitMethod(MethodTree tree, String around) {
            String name = tree.getName().contentEquals("<init>")
                    ? "constructor"
                    : tree.getName().toString();
            sizes.add(new Size(around + name, lines(tree)));
            return super.visitMethod(tree, around);
        }

        private int lines(Tree tree) {
            long first = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, tree));
            return (int) (unit.getLineMap().getLineNumber(positions.getEndPosition(unit, tree)) - first + 1);
        }
    }
}
