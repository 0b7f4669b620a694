package org.bindrae.training.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.xml.parsers.DocumentBuilderFactory;

import org.bindrae.training.evaluation.EvaluationReport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** The files of an evaluation whose ids, names and texts all try to break out. */
class ReportFilesTest {
    private static final EvaluationReport REPORT = HostileEvaluation.report();

    @TempDir
    private static Path folder;

    @BeforeAll
    static void writeFiles() throws IOException {
        ReportFiles.write(REPORT, folder, HostileEvaluation.options());
    }

    private static String read(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    private static Document xml(String text) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new InputSource(new StringReader(text)));
    }

    @Test
    void thePageHoldsNothingThatUsersWroteAsMarkup() throws Exception {
        String page = read(ReportFiles.HTML);
        assertEquals(1, page.split("<script", -1).length - 1);
        assertEquals(1, page.split("</title>\n<style>", -1).length - 1);
        assertFalse(page.contains("alert('"));
        assertFalse(page.contains("<b>"));
        assertTrue(page.contains("&lt;script&gt;alert(&#39;&amp;&quot;1&#39;)"));
        assertFalse(page.contains("\u202E") || page.contains("\u0000"));
    }

    @Test
    void thePageNeedsNothingFromOutsideAndSaysSo() throws Exception {
        String page = read(ReportFiles.HTML);
        assertFalse(Pattern.compile("(src|href)\\s*=").matcher(page).find());
        assertFalse(Pattern.compile("url\\(|@import|https?:").matcher(page).find());
        assertFalse(page.contains(" style=\""), "the policy allows no inline styles");
        assertFalse(Pattern.compile("\\son[a-z]+\\s*=\\s*\"").matcher(page).find());
        Matcher policy = Pattern.compile("default-src 'none'; style-src 'sha256-([^']+)'; script-src 'sha256-([^']+)'").matcher(page);
        assertTrue(policy.find());
        assertEquals(policy.group(1), hash(between(page, "<style>", "</style>")));
        assertEquals(policy.group(2), hash(between(page, "<script>", "</script>")));
    }

    private static String between(String page, String start, String end) {
        return page.substring(page.indexOf(start) + start.length(), page.indexOf(end, page.indexOf(start)));
    }

    private static String hash(String text) throws Exception {
        return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void thePageIsWellFormedApartFromItsEmptyElements() throws Exception {
        String page = read(ReportFiles.HTML).replaceFirst("<!DOCTYPE html>", "").replaceAll("(<meta[^>]*)>", "$1/>").replace("<details open>", "<details>");
        // a script may hold what XML does not
        page = page.replaceFirst("(?s)<script>.*?</script>", "");
        assertTrue(xml(page).getElementsByTagName("svg").getLength() >= 9);
    }

    @Test
    void everyFigureIsWellFormedAndItsNumbersAreFinite() throws Exception {
        Document picture = xml(read(ReportFiles.POCKET));
        assertEquals("svg", picture.getDocumentElement().getTagName());
        assertFalse(read(ReportFiles.POCKET).contains("var("), "not every viewer knows variables");
        for (String name : List.of(ReportFiles.HTML, ReportFiles.POCKET)) {
            assertFalse(Pattern.compile("NaN|Infinity").matcher(between(read(name), "<svg", "</svg>")).find());
        }
    }

    @Test
    void theSameReportGivesTheSameBytes() throws IOException {
        List<Path> once = ReportFiles.write(REPORT, folder.resolve("once"), HostileEvaluation.options());
        List<Path> again = ReportFiles.write(HostileEvaluation.report(), folder.resolve("again"), HostileEvaluation.options());
        assertEquals(5, once.size());
        for (int i = 0; i < once.size(); i++) {
            assertArrayEquals(Files.readAllBytes(once.get(i)), Files.readAllBytes(again.get(i)), once.get(i).toString());
        }
    }

    @Test
    void jsonHoldsTheNumbersAndTheTextsUnchanged() throws IOException {
        JsonNode root = new JsonMapper().readTree(read(ReportFiles.JSON));
        assertEquals(HostileEvaluation.EVIL, root.path("provenance").path(HostileEvaluation.EVIL).asText());
        assertEquals(HostileEvaluation.EVIL, root.path("methods").path(0).path("name").asText());
        assertEquals(1, root.path("failures").size());
        assertEquals(3, root.path("structures").size());
        JsonNode all = root.path("methods").path(1).path("residues").path("all");
        assertEquals(15, all.path("n").asInt());
        assertEquals(1, all.path("rotamer").path("value").asDouble());
        assertTrue(all.path("chi4_20").path("n").asInt() == 3);
        assertTrue(root.path("methods").path(1).path("types").path("TRP").path("rmsd").path("value").isNull());
        assertEquals(5, root.path("differences").path(0).path("residues").size());
        assertEquals(3, root.path("methods").path(1).path("notPredicted").size());
    }

    @Test
    void csvHoldsOneRowPerResidueAndSurvivesCommasQuotesAndLineBreaks() throws IOException {
        List<List<String>> rows = parse(read(ReportFiles.RESIDUES));
        assertEquals(1 + 2 * 15, rows.size());
        assertTrue(rows.stream().allMatch(row -> row.size() == rows.getFirst().size()));
        assertEquals(HostileEvaluation.EVIL, rows.get(1).get(0));
        assertEquals("a" + HostileEvaluation.EVIL, rows.get(1).get(1));
        assertEquals("SER", rows.get(1).get(rows.getFirst().indexOf("type")));
        assertEquals("0.0000", rows.get(1).get(rows.getFirst().indexOf("error_chi1")));
        assertEquals("", rows.get(1).get(rows.getFirst().indexOf("error_chi2")));
        List<List<String>> summary = parse(read(ReportFiles.SUMMARY));
        assertTrue(summary.stream().allMatch(row -> row.size() == 9));
        assertEquals(1 + 2 * 17 * (5 + 18), summary.size());
    }

    /** RFC 4180. */
    private static List<List<String>> parse(String text) {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '"' && text.startsWith("\"\"", i)) {
                cell.append(c);
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == ',' || c == '\n')) {
                row.add(cell.toString());
                cell.setLength(0);
                if (c == '\n') {
                    rows.add(row);
                    row = new ArrayList<>();
                }
            } else {
                cell.append(c);
            }
        }
        return rows;
    }

    @Test
    void tablesForTheTerminalSayHowManyResidues() {
        String text = ReportTables.text(REPORT);
        assertTrue(text.contains("of these not predicted by other"), text);
        assertTrue(text.contains("95 % confidence intervals"), text);
        assertTrue(text.contains("true structures"), text);
    }

    @Test
    void aPocketThatIsNotThereIsNamed() {
        ReportOptions options = new ReportOptions("t", "nowhere", null);
        String message = assertThrows(IllegalArgumentException.class, () -> ReportFiles.write(REPORT, folder, options)).getMessage();
        assertTrue(message.contains("nowhere"), message);
    }
}
