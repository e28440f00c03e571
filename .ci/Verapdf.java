import java.io.FileInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * veraPDF's library behind the options of veraPDF's command: --flavour 2a --format text FILE...
 *
 * A line for each file, "PASS path flavour" or "FAIL path flavour", failed rules after it; ends with 0 if all pass, else 1.
 */
public final class Verapdf {
  private Verapdf() {}

  public static void main(String[] arguments) throws Exception {
    Logger.getLogger("org.verapdf").setLevel(Level.SEVERE);
    VeraGreenfieldFoundryProvider.initialise();
    PDFAFlavour flavour = PDFAFlavour.NO_FLAVOUR;
    List<String> files = new ArrayList<>();
    for (int at = 0; at < arguments.length; at++) {
      switch (arguments[at]) {
        case "--flavour" -> flavour = PDFAFlavour.fromString(arguments[++at]);
        case "--format" -> at++;
        default -> files.add(arguments[at]);
      }
    }
    if (files.isEmpty() || flavour == PDFAFlavour.NO_FLAVOUR) {
      System.err.println("expected --flavour 2a or ua1, and files");
      System.exit(2);
    }
    boolean allPass = true;
    for (String file : files) {
      allPass &= passes(file, flavour);
    }
    System.exit(allPass ? 0 : 1);
  }

  private static boolean passes(String file, PDFAFlavour flavour) throws Exception {
    try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
      ValidationResult result = validator.validate(parser);
      System.out.println((result.isCompliant() ? "PASS " : "FAIL ") + file + " " + flavour.getId());
      for (TestAssertion failed : result.getTestAssertions()) {
        System.out.println("  " + failed.getRuleId() + " " + failed.getMessage());
      }
      return result.isCompliant();
    }
  }
}
