package org.bindrae.attention.cpu;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.tck.AttentionBackendContract;

class FlashCpuBackendTest extends AttentionBackendContract {
    @Override
    protected AttentionBackend backend() {
        return new FlashCpuBackend();
    }
}
