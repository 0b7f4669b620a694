package org.bindrae.attention.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.AttentionInputs;
import org.bindrae.attention.IpaConfig;
import org.bindrae.attention.PairTerm;
import org.bindrae.attention.Support;
import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.Precision;
import org.bindrae.tensor.Shape;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Each kind of fault fails the test that is about it, with a message that names the backend and the property. */
class BrokenBackendsTest {
    /** The reference with a fault. */
    private abstract static class Broken extends AttentionBackendContract implements AttentionBackend {
        private final ReferenceBackend right = new ReferenceBackend();

        @Override
        protected AttentionBackend backend() {
            return this;
        }

        @Override
        protected List<Precision> precisions() {
            return List.of(Precision.FP64);
        }

        @Override
        public String name() {
            return "broken";
        }

        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return right.check(config, pair, device, dtype);
        }

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            return right.attend(tape, inputs);
        }
    }

    static final class ShiftsItsResult extends Broken {
        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            Tensor result = super.attend(tape, inputs);
            return inputs.config().rank() == 3 && result.size() > 0 ? change(result, 0, 1e-3) : result;
        }
    }

    static final class LosesAGradient extends Broken {
        @Override
        public Tensor attend(Tape tape, AttentionInputs i) {
            return super.attend(tape, new AttentionInputs(i.config(), i.packing(), i.q(), i.kv(), i.qPoints().detach(), i.kvPoints(), i.rot(), i.trans(),
                    i.headWeights(), i.pair()));
        }
    }

    static final class OverwritesGradients extends Broken {
        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            Tensor result = super.attend(tape, inputs);
            if (result.requiresGradient()) {
                // runs before the gradients of the reference are added
                tape.record(() -> tape.kernels().fill(tape.gradient(inputs.q()), 0));
            }
            return result;
        }
    }

    static final class MixesSequences extends Broken {
        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            Tensor result = super.attend(tape, inputs);
            return result.size() == 0 ? result : change(result, (int) result.size() - 1, 1e-13 * result.toDoubles()[0]);
        }
    }

    static final class NeverRepeats extends Broken {
        private int runs;

        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            return change(super.attend(tape, inputs), 0, 1e-13 * ++runs);
        }
    }

    static final class WritesToAnInput extends Broken {
        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            change(inputs.kv(), 0, 0.25);
            return super.attend(tape, inputs);
        }
    }

    static final class ReadsUndefinedMemory extends Broken {
        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            double undefined = tape.scratch(DType.F64, Shape.of(1)).item();
            return change(super.attend(tape, inputs), 0, undefined);
        }
    }

    static final class RunsWhatItRefuses extends Broken {
        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return pair == PairTerm.Full.class ? Support.no("it takes factors") : super.check(config, pair, device, dtype);
        }
    }

    static final class RefusesWhatItMustTake extends Broken {
        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return config.rank() == 16 ? Support.no("its tiles are 256 columns wide") : super.check(config, pair, device, dtype);
        }
    }

    static final class AcceptsEveryDevice extends Broken {
        @Override
        public Support check(IpaConfig config, Class<? extends PairTerm> pair, Device device, DType dtype) {
            return Support.YES;
        }
    }

    static final class KeepsAllPairs extends Broken {
        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            tape.scratch(DType.F64, Shape.of(Math.toIntExact(inputs.packing().pairs())));
            return super.attend(tape, inputs);
        }
    }

    static final class LeavesAThread extends Broken {
        @Override
        public Tensor attend(Tape tape, AttentionInputs inputs) {
            Thread.ofPlatform().daemon().name("left behind").start(() -> {
                try {
                    Thread.sleep(20_000);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            return super.attend(tape, inputs);
        }
    }

    private static Tensor change(Tensor tensor, int index, double difference) {
        double[] values = tensor.toDoubles();
        values[index] += difference;
        return tensor.set(values);
    }

    static Stream<Arguments> faults() {
        return Stream.of(fault(ShiftsItsResult.class, "everyRankAgreesWithTheReference", "broken in FP64, rank 3: result deviates by"),
                fault(LosesAGradient.class, "gradientsAreTheDifferencesOfTheResult", "broken in FP64, gradient of qPoints"),
                fault(OverwritesGradients.class, "gradientsAreAddedToWhatIsThere", "gradients added to ones: q deviates by"),
                fault(MixesSequences.class, "sequencesGiveTheSameBitsAloneAndInAnyOrder", "bits of the result"),
                fault(NeverRepeats.class, "repeatingGivesTheSameBits", "repeated: bits of result"),
                fault(WritesToAnInput.class, "onlyItsResultAndGradientsAreWrittenAndNoUndefinedMemoryIsRead", "writes to an input"),
                fault(ReadsUndefinedMemory.class, "onlyItsResultAndGradientsAreWrittenAndNoUndefinedMemoryIsRead", "in memory that held NaN"),
                fault(RunsWhatItRefuses.class, "whatItDeclaresRunsAndWhatItRefusesIsRefusedBeforeAnyWork", "runs what check refuses"),
                fault(RefusesWhatItMustTake.class, "everyRankAgreesWithTheReference", "refused because its tiles are 256 columns wide"),
                fault(AcceptsEveryDevice.class, "aDeviceThatItDoesNotKnowIsRefused", "accepts a device that it cannot know"),
                fault(AcceptsEveryDevice.class, "integersAreRefusedBeforehand", "expected: <false>"),
                fault(KeepsAllPairs.class, "memoryGrowsNoFasterThanTheNumberOfResidues", "with twice the residues"),
                fault(LeavesAThread.class, "noThreadIsLeftBehind", "leaves threads behind"),
                fault(NeverRepeats.class, "severalRunsUseItAtOnceWithoutAContextClassLoader", "several runs at once: bits of result"));
    }

    private static Arguments fault(Class<? extends Broken> type, String test, String message) {
        return Arguments.of(Named.of(type.getSimpleName(), type), test, message);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aFaultFailsTheTestThatIsAboutIt(Class<? extends Broken> type, String test, String message) {
        List<String> failures = failures(type, test);
        assertEquals(1, failures.size(), failures::toString);
        assertTrue(failures.getFirst().contains(message), failures::toString);
    }

    /** Messages of the failures of one test. */
    private static List<String> failures(Class<?> type, String test) {
        Class<?>[] parameters = Stream.of(AttentionBackendContract.class.getDeclaredMethods()).filter(method -> method.getName().equals(test)).findFirst()
                .orElseThrow().getParameterTypes();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(selectMethod(type, test, parameters)).build();
        List<String> failures = new ArrayList<>();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
                if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                    failures.add(String.valueOf(result.getThrowable().map(Throwable::getMessage).orElse("")));
                }
            }
        });
        return failures;
    }
}
