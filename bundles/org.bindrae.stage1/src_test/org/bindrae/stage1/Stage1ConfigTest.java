package org.bindrae.stage1;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;

import org.bindrae.edge.internal.Flash1dBias;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.cpu.CpuDevice;
import org.junit.jupiter.api.Test;

import com.fasterxml.jackson.databind.json.JsonMapper;

class Stage1ConfigTest {
    private static final List<Stage1Config> PRESETS = List.of(Stage1Config.defaults(), Stage1Config.seed(), Stage1Config.small(), TinyModel.config(true, true));

    @Test
    void presetsAreValid() {
        PRESETS.forEach(config -> assertDoesNotThrow(config::validate));
    }

    @Test
    void jsonKeepsEverything() throws Exception {
        JsonMapper json = JsonMapper.builder().build();
        for (Stage1Config config : PRESETS) {
            assertEquals(config, json.readValue(json.writeValueAsString(config), Stage1Config.class));
        }
    }

    @Test
    void allMistakesAreToldAtOnce() {
        Stage1Config c = Stage1Config.defaults();
        Stage1Config.Edge edge = new Stage1Config.Edge("flash_1d_bias", 128, -1, 63, 22, 10, c.edge().distance(), 16, true, 512);
        Stage1Config.Ligand ligand = new Stage1Config.Ligand(21, 64, 7, 128, true, true, 2000);
        Stage1Config wrong = new Stage1Config(1280, 384, edge, null, ligand, 0, 4, 128, 1, false, false, -3, 1.5, true);
        assertEquals("depth must be at least 1, not 0; dropout must be at least 0 and less than 1, not 1.0; "
                + "maxTurn must be more than 0, not -3.0; edge.rank must be at least 0, not -1; "
                + "edge.featDim must be even, not 63; attention is missing; cS must be a multiple of ligand.heads, but 384 is not one of 7",
                assertThrows(IllegalArgumentException.class, wrong::validate).getMessage());
    }

    @Test
    void theSmallNetworkIsAboutATwentiethOfTheDefault() {
        try (CpuDevice device = new CpuDevice(1, false); Stage1Model small = new Stage1Model(device, DType.F32, Stage1Config.small(), new Flash1dBias(), 1)) {
            assertEquals(11_458_844 / 20, small.parameters().count("trunk") + small.parameters().count("conditioner")
                    + small.parameters().count("edge_embedder"), 150_000);
        }
    }
}
