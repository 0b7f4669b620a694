package org.bindrae.workbench.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.bindrae.attention.AttentionBackend;
import org.bindrae.edge.EdgeMode;
import org.bindrae.stage1.Stage1Weights;
import org.bindrae.tensor.Device;
import org.bindrae.training.models.InstalledModels;
import org.bindrae.training.models.ModelOrigin;
import org.bindrae.training.models.PretrainedModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

class ServicesTest {
    private Workbench workbench;

    @BeforeEach
    void start() throws BundleException {
        workbench = new Workbench();
    }

    @Test
    void theCpuDeviceUsesTheVectorApi() throws InterruptedException {
        Device device = workbench.service(Device.class);
        assertEquals("cpu", device.name());
        assertTrue(device.description().contains("-lane vectors"), device::description);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void theCpuDeviceUsesOpenBlas() throws InterruptedException {
        Device device = workbench.service(Device.class);
        assertTrue(device.description().contains("OpenBLAS"), device::description);
    }

    @Test
    void theBackendsAreThereAndTheFastestIsRankedFirst() {
        assertEquals(List.of("flash-cuda", "flash-cpu", "reference"), names());
    }

    @Test
    void aBackendLeavesAndComesBackWhileTheWorkbenchRuns() throws BundleException {
        Bundle fast = workbench.bundle("org.bindrae.attention.cpu");
        fast.stop();
        assertEquals(List.of("flash-cuda", "reference"), names());
        fast.start(Bundle.START_ACTIVATION_POLICY);
        assertEquals(List.of("flash-cuda", "flash-cpu", "reference"), names());
    }

    @Test
    void allFiveEdgeModesAreThere() {
        assertEquals(Set.of("flash_1d_bias", "flash_2d_factorize_bias", "flash_no_bias", "orig_2d_bias", "orig_no_bias"),
                workbench.services(EdgeMode.class).stream().map(EdgeMode::name).collect(Collectors.toSet()));
    }

    @Test
    void theDefaultModelIsReadFromItsBundle() throws InterruptedException, IOException {
        PretrainedModel model = workbench.service(PretrainedModel.class);
        assertEquals(List.of(model.name()), workbench.service(InstalledModels.class).current().names());
        assertTrue(model.card().startsWith("# ") && !model.title().isBlank() && !model.description().isBlank(), model.card());
        Stage1Weights weights = model.weights();
        ModelOrigin origin = ModelOrigin.of(weights.path(), weights.metadata());
        assertTrue(origin.steps() > 0 && origin.training().samples() > 0 && weights.bytes() >= 2 * origin.parameters(), origin::toString);
    }

    @Test
    void aModelLeavesAndComesBackWithItsBundle() throws BundleException, InterruptedException {
        InstalledModels models = workbench.service(InstalledModels.class);
        List<String> names = models.current().names();
        Bundle bundle = workbench.bundle("org.bindrae.models.default");
        bundle.stop();
        assertEquals(List.of(), models.current().names());
        bundle.start(Bundle.START_ACTIVATION_POLICY);
        assertEquals(names, models.current().names());
    }

    @Test
    void theCommandsCanRun() throws InterruptedException {
        CommandProcessor processor = workbench.service(CommandProcessor.class);
        try (CommandSession session = processor.createSession(InputStream.nullInputStream(), OutputStream.nullOutputStream(),
                OutputStream.nullOutputStream())) {
            Set<String> commands = ((Collection<?>) session.get(".commands")).stream().map(Object::toString).filter(name -> name.startsWith("bindrae:"))
                    .collect(Collectors.toSet());
            Set<String> needed = Set.of("bindrae:help", "bindrae:doctor", "bindrae:config", "bindrae:prepare", "bindrae:split", "bindrae:train",
                    "bindrae:resume", "bindrae:evaluate",
                    "bindrae:predict", "bindrae:models", "bindrae:export", "bindrae:inspect", "bindrae:backends", "bindrae:verify-vectors", "bindrae:bench",
                    "bindrae:selftest");
            assertTrue(commands.containsAll(needed), commands::toString);
        }
    }

    private List<String> names() {
        return workbench.services(AttentionBackend.class).stream().map(AttentionBackend::name).toList();
    }
}
