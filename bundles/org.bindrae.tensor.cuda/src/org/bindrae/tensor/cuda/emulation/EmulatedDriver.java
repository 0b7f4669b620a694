package org.bindrae.tensor.cuda.emulation;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import org.bindrae.tensor.Precision;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.cuda.CudaOperations;
import org.bindrae.tensor.cuda.driver.CudaDriver;
import org.bindrae.tensor.cuda.driver.DeviceProperties;
import org.bindrae.tensor.cuda.driver.DriverException;
import org.bindrae.tensor.cuda.driver.HostMemory;
import org.bindrae.tensor.cuda.driver.LaunchRecord;

/**
 * Runs kernels compiled for the processor; device memory is host memory, and everything has run when the call that submits it returns. Memory that was not
 * written holds NaN, and writing beyond a tensor is found when its arena is reset or closed.
 */
public final class EmulatedDriver implements CudaDriver {
    /** The system property that names the emulator's library. */
    public static final String LIBRARY_PROPERTY = "bindrae.cuda.emulator";

    private static final String BUILT_LIBRARY = "../../gpu-native/target/libbindrae-emulator.so";
    private static final int SHARED_BYTES = 227 << 10;
    private static final long MEMORY = 4L << 30;
    private static final int ALIGNMENT = 256;

    private final EmulatorLibrary library;
    private final GuardedMemory memory = new GuardedMemory(MEMORY, ALIGNMENT);
    private final HostMemory hostMemory = new HostMemory();
    private final List<String> functions = new ArrayList<>();
    /** Graphs and executables. */
    private final Map<Long, List<Node>> graphs = new HashMap<>();
    private final Set<Long> streams = new HashSet<>();
    private final Map<Long, Long> events = new HashMap<>();
    private long lastHandle;
    private int runs;
    private int launches;
    private boolean refusesGraphs;
    private final int guardBytes;

    private EmulatedDriver(EmulatorLibrary library, int guardBytes) {
        this.library = library;
        this.guardBytes = guardBytes;
    }

    /** A node of an emulated graph: a launch, or a graph. */
    private static final class Node {
        private RecordedLaunch launch;
        private List<Node> graph;

        private void run(EmulatedDriver driver) {
            if (launch != null) {
                driver.launch(launch.record(), 0);
            } else {
                graph.forEach(node -> node.run(driver));
            }
        }
    }

    /**
     * A device named {@code cuda:0} with these operations.
     *
     * @throws IllegalStateException if the emulator's library is not there; the message says what to build
     */
    public static CudaDevice device(Precision precision, CudaOperations<?>... operations) {
        return device(open(), precision, operations);
    }

    /** A device on a driver of {@link #open()}. */
    public static CudaDevice device(EmulatedDriver driver, Precision precision, CudaOperations<?>... operations) {
        return CudaDevice.on(driver, 0, precision, operations);
    }

    /**
     * A driver, to watch what a device does with it.
     *
     * @throws IllegalStateException if the emulator's library is not there; the message says what to build
     */
    public static EmulatedDriver open() {
        return new EmulatedDriver(EmulatorLibrary.load(libraryPath()), GuardedMemory.GUARD);
    }

    /** As {@link #open()}, but without watching the memory between tensors, so that steps are submitted as on a card: as a whole. */
    public static EmulatedDriver openWithoutGuards() {
        return new EmulatedDriver(EmulatorLibrary.load(libraryPath()), 0);
    }

    /** Whether the emulator's library is there, for assumptions of tests. */
    public static boolean isBuilt() {
        return Files.isRegularFile(libraryPath());
    }

    private static Path libraryPath() {
        return Path.of(System.getProperty(LIBRARY_PROPERTY, BUILT_LIBRARY)).toAbsolutePath().normalize();
    }

    /** Launches so far, those of graphs included. */
    public int launches() {
        return launches;
    }

    /** Runs of graphs so far. */
    public int runs() {
        return runs;
    }

    /** Graphs and executables that nobody has destroyed, and events and streams. */
    public int openHandles() {
        return graphs.size() + streams.size() + events.size();
    }

    /** Device memory that is allocated. */
    public long allocated() {
        return memory.allocated();
    }

    /** From now on graphs are refused, as by a driver that cannot make them. */
    public void refuseGraphs() {
        refusesGraphs = true;
    }

    private long keep(List<Node> graph) {
        graphs.put(++lastHandle, graph);
        return lastHandle;
    }

    @Override
    public DeviceProperties properties() {
        return new DeviceProperties("emulated card", MEMORY, 0, 2, SHARED_BYTES, "none");
    }

    @Override
    public void makeCurrent() {
        // host memory is every thread's
    }

    @Override
    public long allocate(long bytes) {
        return memory.allocate(bytes);
    }

    @Override
    public void free(long address) {
        memory.free(address);
    }

    @Override
    public long freeMemory() {
        return MEMORY - memory.allocated();
    }

    @Override
    public MemorySegment allocateHost(long bytes) {
        return hostMemory.allocate(bytes);
    }

    @Override
    public void freeHost(MemorySegment host) {
        hostMemory.free(host);
    }

    @Override
    public long[] loadModules(Supplier<Map<String, byte[]>> images, String name) {
        return new long[] {1};
    }

    @Override
    public void unloadModule(long module) {
        // the emulator has all kernels
    }

    @Override
    public long function(long module, String name) {
        if (!library.has(name)) {
            return 0;
        }
        functions.add(name);
        return functions.size();
    }

    @Override
    public int[] parameters(long function) {
        return library.parameters(functions.get((int) function - 1));
    }

    @Override
    public void allowSharedMemory(long function, int bytes) {
        if (bytes > SHARED_BYTES) {
            throw new DriverException("asking for " + bytes + " bytes of shared memory per block; a block can have " + SHARED_BYTES);
        }
    }

    @Override
    public long createStream() {
        streams.add(++lastHandle);
        return lastHandle;
    }

    @Override
    public void destroyStream(long stream) {
        streams.remove(stream);
    }

    @Override
    public void synchronizeStream(long stream) {
        // everything has run
    }

    @Override
    public void copyToDevice(long target, MemorySegment source, long bytes, long stream) {
        MemorySegment.copy(source, 0, MemorySegment.ofAddress(target).reinterpret(bytes), 0, bytes);
    }

    @Override
    public void copyToHost(MemorySegment target, long source, long bytes, long stream) {
        MemorySegment.copy(MemorySegment.ofAddress(source).reinterpret(bytes), 0, target, 0, bytes);
    }

    @Override
    public void launch(MemorySegment launch, long stream) {
        launches++;
        library.launch(functions.get((int) LaunchRecord.function(launch) - 1), launch);
    }

    @Override
    public long createEvent() {
        events.put(++lastHandle, 0L);
        return lastHandle;
    }

    @Override
    public void destroyEvent(long event) {
        events.remove(event);
    }

    @Override
    public void recordEvent(long event, long stream) {
        events.put(event, System.nanoTime());
    }

    @Override
    public void waitForEvent(long stream, long event) {
        // everything has run
    }

    @Override
    public void synchronizeEvent(long event) {
        // everything has run
    }

    @Override
    public double milliseconds(long startEvent, long endEvent) {
        return (events.get(endEvent) - events.get(startEvent)) * 1e-6;
    }

    @Override
    public void beginCapture(long stream) {
        throw new DriverException("recording a graph: the emulator has no libraries to record");
    }

    @Override
    public long endCapture(long stream) {
        throw new DriverException("recording a graph: the emulator has no libraries to record");
    }

    @Override
    public long createGraph() {
        if (refusesGraphs) {
            throw new DriverException("creating a graph: refused");
        }
        return keep(new ArrayList<>());
    }

    private List<Node> nodes(long graph) {
        return graphs.get(graph);
    }

    @Override
    public long addLaunch(long graph, long after, boolean overlapping, MemorySegment launch) {
        Node node = new Node();
        node.launch = new RecordedLaunch(launch);
        return add(graph, after, node);
    }

    @Override
    public long addGraph(long graph, long after, long child) {
        Node node = new Node();
        node.graph = copy(nodes(child));
        return add(graph, after, node);
    }

    /** The handle of a node is its place in the graph, counted from 1; every node follows the one before it. */
    private long add(long graph, long after, Node node) {
        List<Node> nodes = nodes(graph);
        if (after != nodes.size()) {
            throw new DriverException("adding a node to a graph after node " + after + " of " + nodes.size());
        }
        nodes.add(node);
        return nodes.size();
    }

    private static List<Node> copy(List<Node> nodes) {
        List<Node> copies = new ArrayList<>();
        for (Node node : nodes) {
            Node other = new Node();
            other.launch = node.launch == null ? null : new RecordedLaunch(node.launch.record());
            other.graph = node.graph == null ? null : copy(node.graph);
            copies.add(other);
        }
        return copies;
    }

    @Override
    public void destroyGraph(long graph) {
        graphs.remove(graph);
    }

    @Override
    public long instantiate(long graph) {
        return keep(copy(nodes(graph)));
    }

    @Override
    public void update(long executable, long node, MemorySegment launch) {
        Node changed = nodes(executable).get((int) node - 1);
        if (changed.launch == null || LaunchRecord.function(changed.launch.record()) != LaunchRecord.function(launch)) {
            throw new DriverException("changing a kernel of a graph: another kernel");
        }
        changed.launch = new RecordedLaunch(launch);
    }

    @Override
    public void updateGraph(long executable, long node, long child) {
        nodes(executable).get((int) node - 1).graph = copy(nodes(child));
    }

    @Override
    public void run(long executable, long stream) {
        runs++;
        nodes(executable).forEach(node -> node.run(this));
    }

    @Override
    public void destroyExecutable(long executable) {
        graphs.remove(executable);
    }

    @Override
    public int guardBytes() {
        return guardBytes;
    }

    @Override
    public void handedOut(long address, long bytes, long reserved, boolean cleared) {
        memory.handedOut(address, bytes, reserved, cleared);
    }

    @Override
    public void takenBack(long from, long to) {
        memory.takenBack(from, to);
    }

    @Override
    public void close() {
        memory.close();
        hostMemory.close();
    }
}
