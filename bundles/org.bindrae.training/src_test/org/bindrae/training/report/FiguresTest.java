package org.bindrae.training.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.bindrae.geometry.RigidFrame;
import org.bindrae.geometry.Vec3;
import org.bindrae.training.evaluation.Interval;
import org.bindrae.training.evaluation.Measure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parts that figures and tables are made of. */
class FiguresTest {
    @Test
    void axesGrowToRoundNumbers() {
        Axis axis = Axis.around(0, 1.79, 5, 300, 50);
        assertEquals(List.of("0.0", "0.5", "1.0", "1.5", "2.0"), axis.ticks().stream().map(axis::label).toList());
        assertEquals(300, axis.at(0));
        assertEquals(50, axis.at(2));
        assertEquals(7, Axis.of(0, 180, 30, 0, 1).ticks().size());
        assertTrue(Axis.around(3, 3, 5, 0, 1).high() > 3);
        assertTrue(Axis.around(0, 0, 5, 0, 1).high() > 0);
    }

    @Test
    void coordinatesHaveNoNeedlessDigits() {
        assertEquals("1.5", Markup.number(1.5));
        assertEquals("100", Markup.number(100.001));
        assertEquals("0", Markup.number(-0.001));
        assertThrows(IllegalArgumentException.class, () -> Markup.number(Double.NaN));
    }

    @Test
    void numbersAreShownInTheirUnits() {
        assertEquals("71.1", Numbers.of(0.7114, Measure.Unit.FRACTION));
        assertEquals("0.98", Numbers.of(0.9751, Measure.Unit.ANGSTROM));
        assertEquals("–", Numbers.of(Double.NaN, Measure.Unit.DEGREES));
        assertEquals("0.0", Numbers.of(-0.0001, Measure.Unit.DEGREES));
        assertEquals("−0.10", Numbers.signed(-0.1, Measure.Unit.ANGSTROM));
        assertEquals("+19.5", Numbers.signed(0.195, Measure.Unit.FRACTION));
        assertEquals("1,234,567", Numbers.count(1234567));
        assertEquals("", Numbers.of(Interval.UNKNOWN, Measure.Unit.FRACTION));
    }

    @Test
    void textCannotBecomeMarkup() {
        assertEquals("&lt;a href=&quot;x&quot;&gt;&amp;&#39;", Markup.escape("<a href=\"x\">&'"));
        assertEquals("\uFFFD\uFFFD\uFFFD\uFFFD", Markup.escape("\u0000\u202E\u0007\uFFFF"));
        assertEquals("χ1 – Å\n", Markup.escape("χ1 – Å\n"));
    }

    @Test
    void cellsAreQuotedWhereTheyMustBe() {
        String csv = new CsvTable(List.of("a", "b", "c", "d")).row(List.of("plain; text", "1,5", "say \"x\"", "two\nlines")).toString();
        assertEquals("a,b,c,d\nplain; text,\"1,5\",\"say \"\"x\"\"\",\"two\nlines\"\n", csv);
        assertThrows(IllegalArgumentException.class, () -> new CsvTable(List.of("a")).row(List.of("1", "2")));
    }

    @Test
    void aTableSetsNumbersToTheRight() {
        ReportTable table = new ReportTable("T", "", List.of("name", "value / Å"), List.of(List.of("χ1", "1.50"), List.of("longer", "10.25 (9.1–11.0)")));
        assertEquals("T\nname           value / Å\n──────  ────────────────\nχ1                  1.50\nlonger  10.25 (9.1–11.0)\n", table.text());
        assertThrows(IllegalArgumentException.class, () -> new ReportTable("T", "", List.of("a"), List.of(List.of("1", "2"))));
    }

    @Test
    void thePictureIsNotMirroredAndShowsTheLargestSpread() {
        Random random = new Random(3);
        for (int trial = 0; trial < 20; trial++) {
            RigidFrame motion = RigidFrame.ofAxisAngle(new Vec3(random.nextGaussian(), random.nextGaussian(), random.nextGaussian()), new Vec3(5, 6, 7));
            List<Vec3> points = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                points.add(motion.apply(new Vec3(8 * random.nextGaussian(), 3 * random.nextGaussian(), 0.5 * random.nextGaussian())));
            }
            RigidFrame view = PrincipalAxes.of(points);
            assertEquals(1, view.ex().cross(view.ey()).dot(view.ez()), 1e-9);
            double[] spread = new double[3];
            for (Vec3 point : points) {
                Vec3 seen = view.toLocal(point);
                spread[0] += seen.x() * seen.x();
                spread[1] += seen.y() * seen.y();
                spread[2] += seen.z() * seen.z();
            }
            assertTrue(spread[0] > spread[1] && spread[1] > spread[2]);
            assertTrue(Math.abs(view.ez().dot(motion.ez())) > 0.9);
        }
    }

    @Test
    void lossCurvesComeFromTheLogOfARun(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("metrics.csv");
        Files.writeString(file, "step,epoch,part,learning_rate,gradient_norm,residues,chi1_accuracy,loss,torsion\n1,0,training,0.1,1,10,,2.5,1\n"
                + "2,0,training,0.1,1,10,,,1\n2,0,validation,,,10,0.5,2.25,1\n");
        LossCurves curves = LossCurves.read(file);
        assertEquals(List.of(new LossCurves.Value(1, 2.5)), curves.training());
        assertEquals(List.of(new LossCurves.Value(2, 2.25)), curves.validation());
        assertEquals(List.of(new LossCurves.Value(2, 0.5)), curves.accuracy());
        Files.writeString(file, "step,part,loss\n1,training\n");
        assertTrue(assertThrows(IOException.class, () -> LossCurves.read(file)).getMessage().contains("line 2"));
        Files.writeString(file, "step,part,loss\n1,training,x\n");
        assertTrue(assertThrows(IOException.class, () -> LossCurves.read(file)).getMessage().contains("line 2"));
        Files.writeString(file, "a,b\n");
        assertTrue(assertThrows(IOException.class, () -> LossCurves.read(file)).getMessage().contains("no column step"));
    }

    @Test
    void longRunsAreThinnedNotCut() {
        List<LossCurves.Value> values = new ArrayList<>();
        for (int step = 1; step <= 10_000; step++) {
            values.add(new LossCurves.Value(step, 1.0 / step));
        }
        String svg = new LossCurves(values, List.of(), List.of()).loss().inPage();
        assertTrue(svg.length() < 30_000);
        assertTrue(svg.contains(">10000<"));
        assertFalse(svg.contains("NaN"));
    }
}
