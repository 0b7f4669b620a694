package org.bindrae.stage1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.cpu.CpuDevice;
import org.bindrae.tensor.nn.Parameters;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers of parameters that the specification states. */
class ParameterCountTest {
    private static CpuDevice device;
    private static Stage1Model seed;
    private static Stage1Model standard;

    @BeforeAll
    static void createModels() {
        device = new CpuDevice();
        seed = new Stage1Model(device, DType.F32, Stage1Config.seed(), new Flash1dBias(), 1);
        standard = new Stage1Model(device, DType.F32, Stage1Config.defaults(), new Flash1dBias(), 1);
    }

    @AfterAll
    static void close() {
        seed.close();
        standard.close();
        device.close();
    }

    @Test
    void theSeedHasItsTotal() {
        assertEquals(11_398_208, seed.parameters().count());
    }

    @ParameterizedTest
    @CsvSource({"adapter, 492672", "edge_embedder, 346992", "trunk, 9958146", "trunk.norm, 768", "trunk.blocks, 9957378", "trunk.blocks.0, 3319126",
            "trunk.blocks.2.ipa., 2085968", "trunk.blocks.1.frame_update, 50822", "trunk.blocks.1.transition, 1182336", "conditioner, 548544",
            "torsion_head, 51854", "ligand_gate, 0", "rotamer_head, 0"})
    void everyModuleOfTheSeedHasItsShare(String module, long count) {
        assertEquals(count, seed.parameters().count(module));
    }

    @ParameterizedTest
    @CsvSource({"adapter, 492672", "edge_embedder, 346992", "trunk, 9958146", "conditioner, 549120", "torsion_head, 51854", "rotamer_head, 50435",
            "ligand_gate, 1"})
    void everyModuleOfTheDefaultHasItsShare(String module, long count) {
        assertEquals(count, standard.parameters().count(module));
    }

    @Test
    void conditioningEveryBlockSharesItsWeights() {
        Parameters parameters = standard.parameters();
        assertEquals(11_398_208 + 9 * 64 + 50_435 + 1, parameters.count());
    }

    @Test
    void preNormAddsOneNormPerBlock() {
        Stage1Config c = Stage1Config.seed();
        Stage1Config preNorm = new Stage1Config(c.embeddingWidth(), c.cS(), c.edge(), c.attention(), c.ligand(), c.depth(), c.transitionFactor(), c.headWidth(),
                c.dropout(), true, c.updateFrames(), c.maxTurn(), c.maxShift(), c.rotamerHead());
        try (Stage1Model model = new Stage1Model(device, DType.F32, preNorm, new Flash1dBias(), 1)) {
            assertEquals(11_398_208 + 3 * 768, model.parameters().count());
        }
    }
}
