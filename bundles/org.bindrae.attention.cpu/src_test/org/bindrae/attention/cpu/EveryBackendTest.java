package org.bindrae.attention.cpu;

import org.bindrae.attention.reference.ReferenceBackend;
import org.bindrae.tensor.DType;
import org.junit.jupiter.api.Nested;

/** The contract for each backend and precision. */
class EveryBackendTest {
    @Nested
    class ReferenceInDouble extends AttentionContract {
        ReferenceInDouble() {
            super(new ReferenceBackend(), DType.F64);
        }
    }

    @Nested
    class ReferenceInFloat extends AttentionContract {
        ReferenceInFloat() {
            super(new ReferenceBackend(), DType.F32);
        }
    }

    @Nested
    class FlashInDouble extends AttentionContract {
        FlashInDouble() {
            super(new FlashCpuBackend(), DType.F64);
        }
    }

    @Nested
    class FlashInFloat extends AttentionContract {
        FlashInFloat() {
            super(new FlashCpuBackend(), DType.F32);
        }
    }
}
