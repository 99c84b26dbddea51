// Holds each PDF named against PDF/A-2a and PDF/UA-1 with the validator of veraPDF, and prints every rule that fails.

import java.io.FileInputStream;
import java.util.Map;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

public class Check {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean fails = false;
        for (String file : files) {
            for (String id : new String[] {"2a", "ua1"}) {
                PDFAFlavour flavour = PDFAFlavour.byFlavourId(id);
                try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour)) {
                    ValidationResult result = Foundries.defaultInstance().createValidator(flavour, true).validate(parser);
                    System.out.printf("%s %s: %s, %d checks%n", file, id,
                            result.isCompliant() ? "no rule fails" : "FAILS", result.getTotalAssertions());
                    Map<String, Integer> rules = new TreeMap<>();
                    for (TestAssertion test : result.getTestAssertions()) {
                        if (test.getStatus() == TestAssertion.Status.FAILED) {
                            String rule = test.getRuleId().getClause() + ", test " + test.getRuleId().getTestNumber();
                            if (rules.merge(rule + ": " + test.getMessage(), 1, Integer::sum) == 1) {
                                System.out.println("    first at " + test.getLocation().getContext());
                            }
                        }
                    }
                    rules.forEach((rule, count) -> System.out.println("    " + count + " x " + rule));
                    fails |= !result.isCompliant();
                }
            }
        }
        System.exit(fails ? 1 : 0);
    }
}
