package org.bindrae.tensor.cuda.emulation;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.bindrae.tensor.cuda.driver.LaunchRecord;

/** A copy of a launch with its arguments, as a graph keeps it. */
final class RecordedLaunch {
    private final MemorySegment record;
    /** Keeps the arguments alive, which the record only has the address of. */
    private final Arena arena = Arena.ofAuto();

    RecordedLaunch(MemorySegment launch) {
        record = arena.allocate(LaunchRecord.BYTES, Long.BYTES);
        long from = LaunchRecord.arguments(launch);
        long addresses = 0;
        if (from != 0) {
            // the slots follow the array of their addresses
            long arrayBytes = MemorySegment.ofAddress(from).reinterpret(Long.BYTES).get(ValueLayout.JAVA_LONG, 0) - from;
            MemorySegment arguments = arena.allocate(2 * arrayBytes, Long.BYTES);
            MemorySegment.copy(MemorySegment.ofAddress(from).reinterpret(2 * arrayBytes), 0, arguments, 0, 2 * arrayBytes);
            addresses = arguments.address();
            for (long offset = 0; offset < arrayBytes; offset += Long.BYTES) {
                arguments.set(ValueLayout.JAVA_LONG, offset, addresses + arrayBytes + offset);
            }
        }
        LaunchRecord.write(record, LaunchRecord.function(launch), LaunchRecord.gridX(launch), LaunchRecord.gridY(launch), LaunchRecord.gridZ(launch),
                LaunchRecord.block(launch), LaunchRecord.shared(launch), addresses);
    }

    MemorySegment record() {
        return record;
    }
}
