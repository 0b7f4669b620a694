package org.bindrae.tensor;

import java.lang.foreign.MemorySegment;

import org.osgi.annotation.versioning.ConsumerType;

/** Memory of the host from which a {@link Device} takes values by itself, without a copy in between. Any thread may fill it before its first upload. */
@ConsumerType
public interface HostBuffer extends AutoCloseable {
    MemorySegment memory();

    /** Gives the memory back; uploads that are under way are not disturbed. A second call does nothing. */
    @Override
    void close();
}
