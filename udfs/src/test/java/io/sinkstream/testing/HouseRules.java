package io.sinkstream.testing;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import com.tngtech.archunit.library.GeneralCodingRules;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The rules of the house: which package may see which, and what none may do. Packages that do not exist yet break none
 * of them. {@code root} is the package that they lie in: the tests of the rules themselves have houses of their own.
 */
public final class HouseRules {
    private static final int CLASS_LINES = 350;
    private static final int METHOD_LINES = 60;

    private HouseRules() {}

    /**
     * A package sees those that stand beside its name and no other; and all packages have a line here, so that a new
     * one gets its place.
     */
    public static ArchRule arrows(String root, Map<String, Set<String>> sees) {
        LayeredArchitecture layers = Architectures.layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (String name : sees.keySet()) {
            layers = layers.optionalLayer(name).definedBy(under(root, name));
        }
        for (Map.Entry<String, Set<String>> arrow : sees.entrySet()) {
            String[] seen = arrow.getValue().toArray(String[]::new);
            layers = seen.length == 0
                    ? layers.whereLayer(arrow.getKey()).mayNotAccessAnyLayer()
                    : layers.whereLayer(arrow.getKey()).mayOnlyAccessLayers(seen);
        }
        return CompositeArchRule.of(layers.allowEmptyShould(true))
                .and(SlicesRuleDefinition.slices()
                        .matching(root + ".(*)..")
                        .should()
                        .beFreeOfCycles()
                        .allowEmptyShould(true));
    }

    /** Every class lies in one of these packages: a new one has to be given its place among the arrows. */
    public static ArchRule known(String root, Collection<String> names) {
        return classes()
                .that()
                .resideInAPackage(root + "..")
                .should()
                .resideInAnyPackage(under(root, names))
                .allowEmptyShould(true);
    }

    /** Of these packages' classes none names Spark, Scala or Hadoop: they load under any version of them, or none. */
    public static ArchRule noSpark(String root, Collection<String> names) {
        return noClasses()
                .that()
                .resideInAnyPackage(under(root, names))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.spark..", "scala..", "org.apache.hadoop..")
                .allowEmptyShould(true);
    }

    /** One logging library, no standard streams but in packages that are programs, and classes named for what they are. */
    public static ArchRule manners(String root, Collection<String> programs) {
        return CompositeArchRule.of(noClasses()
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("java.util.logging..")
                        .allowEmptyShould(true))
                .and(noClasses()
                        .that(not(resideInAnyPackage(under(root, programs))))
                        .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS)
                        .because("a library logs")
                        .allowEmptyShould(true))
                .and(noClasses()
                        .should()
                        .haveNameMatching(".*(Utils?|Helpers?|Manager)")
                        .because("such a name says nothing of what the class is")
                        .allowEmptyShould(true));
    }

    /**
     * The classes and methods that are too long to be read in one go, with their lines.
     *
     * @param sources the folder of a module's sources; throws IllegalStateException if there are none
     */
    public static List<String> tooLong(Path sources) {
        List<SourceSizes.Size> classes = SourceSizes.classes(sources);
        if (classes.isEmpty()) {
            throw new IllegalStateException(sources + ": there are no sources");
        }
        return Stream.concat(
                        classes.stream().filter(size -> size.lines() > CLASS_LINES),
                        SourceSizes.methods(sources).stream().filter(size -> size.lines() > METHOD_LINES))
                .map(size -> size.name() + ": " + size.lines() + " lines")
                .toList();
    }

    private static String[] under(String root, Collection<String> names) {
        return names.stream().map(name -> under(root, name)).toArray(String[]::new);
    }

    private static String under(String root, String name) {
        return root + "." + name + "..";
    }
}
