package org.example.attention.streaming;

import org.bindrae.attention.AttentionBackend;
import org.bindrae.attention.tck.AttentionBackendContract;

class StreamingBackendTest extends AttentionBackendContract {
    @Override
    protected AttentionBackend backend() {
        return new StreamingBackend();
    }
}
