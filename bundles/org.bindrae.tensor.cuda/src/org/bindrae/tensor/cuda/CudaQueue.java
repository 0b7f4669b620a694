package org.bindrae.tensor.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import org.bindrae.tensor.Device.KernelTime;
import org.bindrae.tensor.HostBuffer;
import org.bindrae.tensor.Tensor;
import org.bindrae.tensor.cuda.driver.CudaDriver;
import org.bindrae.tensor.cuda.driver.DriverException;

/**
 * What all views of one card share: its memory, its kernels, and the list of launches that are not submitted yet. Outside a step the list is submitted when it has
 * some length and whenever somebody waits; within one it is kept to the end and then submitted as a graph. Any thread may call; calls exclude one another.
 */
final class CudaQueue {
    /** Launches submitted together outside steps: enough to keep the lock and the card busy, few enough to start at once. */
    private static final int LIST = 32;
    /** Fewer launches than this make no graph. */
    private static final int SMALLEST_GRAPH = 4;
    private static final int CLEAR_THREADS = 256;
    private static final int CLEARED_PER_BLOCK = CLEAR_THREADS * 16 * 8;
    private static final int MOST_CLEAR_BLOCKS = 1024;
    private static final long SMALLEST_SCRATCH = 1 << 20;
    private static final long STEP_WAIT_NANOS = 10_000_000_000L;

    private final String name;
    private final CudaDriver driver;
    private final boolean submitAtOnce;
    private final boolean waitAlways = Boolean.getBoolean("bindrae.cuda.synchronous");
    private final Map<ModuleKey, CudaModule> modules = new HashMap<>();
    private final Map<Long, Long> allocations = new HashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final List<Runnable> closing = new ArrayList<>();
    private boolean graphsWanted = !"false".equals(System.getProperty("bindrae.cuda.graphs"));
    private CommandList list = new CommandList();
    private StepStaging staging;
    private PinnedBuffers buffers;
    private HostTransfers transfers;
    private LaterResults later;
    private StepGraphs graphs;
    private CudaKernel scatterCopy;
    private CudaKernel copyWords;
    private CudaKernel clear;
    private MemorySegment scratch = MemorySegment.NULL;
    private long stream;
    private long copyStream;
    private long captureStream;
    private long startEvent;
    private long endEvent;
    private long allocated;
    /** Times of kernels while they are asked for, null otherwise. */
    private Map<String, KernelTime> profile;
    private boolean startPending;
    private boolean inStep;
    private Thread stepThread;
    private boolean started;
    private RuntimeException startFailure;
    private boolean closed;

    private record ModuleKey(String name, Class<?> owner) {
    }

    CudaQueue(String name, CudaDriver driver) {
        this.name = name;
        this.driver = driver;
        this.submitAtOnce = driver.guardBytes() > 0;
    }

    /** Makes the context the thread's; the first call makes everything that needs one. */
    private void start() {
        if (closed) {
            throw new IllegalStateException(name + " is closed");
        }
        if (startFailure != null) {
            throw startFailure;
        }
        driver.makeCurrent();
        if (!started) {
            started = true;
            try {
                open();
            } catch (RuntimeException e) {
                startFailure = e;
                throw e;
            }
        }
    }

    private void open() {
        stream = driver.createStream();
        copyStream = driver.createStream();
        captureStream = driver.createStream();
        startEvent = driver.createEvent();
        endEvent = driver.createEvent();
        staging = new StepStaging(this, driver, copyStream);
        buffers = new PinnedBuffers(this, driver);
        transfers = new HostTransfers(driver);
        later = new LaterResults(this, driver);
        graphs = new StepGraphs(driver, captureStream);
        CudaModule copies = module("tensor", CudaQueue.class);
        scatterCopy = copies.kernel("tensor_scatter_copy");
        copyWords = copies.kernel("tensor_copy_words");
        clear = copies.kernel("tensor_clear");
        clearNew(later.block(), LaterResults.BLOCK_BYTES);
    }

    CudaDriver driver() {
        return driver;
    }

    CudaKernel scatterCopy() {
        return scatterCopy;
    }

    CudaKernel copyWords() {
        return copyWords;
    }

    synchronized List<String> notes() {
        return List.copyOf(notes);
    }

    synchronized CudaModule module(String module, Class<?> owner) {
        start();
        ModuleKey key = new ModuleKey(module, owner);
        CudaModule loaded = modules.get(key);
        if (loaded == null) {
            loaded = new CudaModule(this, module, driver.loadModules(() -> images(module, owner), module));
            modules.put(key, loaded);
        }
        return loaded;
    }

    /** The files that the list {@code kernels/<module>.txt} of the owner's bundle names. */
    private static Map<String, byte[]> images(String module, Class<?> owner) {
        Map<String, byte[]> images = new LinkedHashMap<>();
        for (String file : new String(resource(module, module + ".txt", owner), StandardCharsets.UTF_8).lines().toList()) {
            images.put(file, resource(module, file + ".fatbin", owner));
        }
        return images;
    }

    private static byte[] resource(String module, String file, Class<?> owner) {
        String path = "/kernels/" + file;
        try (InputStream stream = owner.getResourceAsStream(path)) {
            if (stream == null) {
                throw new DriverException("this build has no CUDA kernels " + module + ": it was made without nvcc");
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + path, e);
        }
    }

    /** Unloads the modules of classes of one class loader, once nothing uses them. */
    synchronized void forget(ClassLoader loader) {
        awaitStep();
        List<ModuleKey> gone = modules.keySet().stream().filter(key -> key.owner.getClassLoader() == loader).toList();
        if (gone.isEmpty() || closed || loader == CudaQueue.class.getClassLoader()) {
            return;
        }
        synchronize();
        graphs.clear();
        gone.forEach(key -> unload(modules.remove(key)));
    }

    private void unload(CudaModule module) {
        for (long handle : module.handles()) {
            driver.unloadModule(handle);
        }
    }

    synchronized long findFunction(long module, String kernel) {
        start();
        return driver.function(module, kernel);
    }

    synchronized int[] parameters(long function) {
        start();
        return driver.parameters(function);
    }

    synchronized boolean awaitsPrevious(long function) {
        start();
        return driver.awaitsPrevious(function);
    }

    synchronized void allowSharedMemory(CudaKernel kernel, int bytes) {
        start();
        try {
            driver.allowSharedMemory(kernel.function(), bytes);
        } catch (DriverException e) {
            throw new DriverException(kernel.name() + ": " + e.getMessage(), e);
        }
    }

    /** Queues a launch whose arguments have been checked. */
    synchronized void launch(CudaKernel kernel, int gridX, int gridY, int gridZ, int block, int shared, Object... arguments) {
        start();
        if (inStep) {
            staging.distribute();
        }
        record(kernel, gridX, gridY, gridZ, block, shared, arguments);
        staging.launched();
    }

    synchronized void enqueue(Object signature, StreamWork work) {
        start();
        if (inStep) {
            staging.distribute();
        }
        list.add(signature, work);
        staging.launched();
        submitWhenLong();
    }

    /** Adds a launch without looking whether uploads have to come before it, and tells its place in a step. */
    int record(CudaKernel kernel, int gridX, int gridY, int gridZ, int block, int shared, Object... arguments) {
        int place = list.size();
        list.add(kernel, gridX, gridY, gridZ, block, shared, arguments);
        submitWhenLong();
        return place;
    }

    /** Changes a launch that is queued. */
    void change(int place, int gridX, int gridY, Object... arguments) {
        list.change(place, gridX, gridY, arguments);
    }

    /** Told of memory that an arena hands out. */
    synchronized void handedOut(long address, long bytes) {
        if (inStep) {
            staging.handedOut(address, bytes);
        }
    }

    /** Told that arenas are going to hand out again what launches of the step have used. */
    synchronized void reused() {
        if (inStep) {
            staging.finishEarly();
        }
    }

    private void submitWhenLong() {
        if (!inStep && (submitAtOnce || waitAlways || list.size() >= LIST)) {
            flush();
        }
    }

    /** Queues zeros for memory whose size is a multiple of 16 bytes. */
    void clear(long address, long bytes) {
        int blocks = Math.clamp(Math.ceilDiv(bytes, CLEARED_PER_BLOCK), 1, MOST_CLEAR_BLOCKS);
        launch(clear, blocks, 1, 1, CLEAR_THREADS, 0, MemorySegment.ofAddress(address), bytes);
    }

    /** Writes zeros before everything that is queued: for memory that nothing queued uses yet. */
    synchronized void clearNew(long address, long bytes) {
        start();
        try (CommandList alone = new CommandList()) {
            int blocks = Math.clamp(Math.ceilDiv(bytes, CLEARED_PER_BLOCK), 1, MOST_CLEAR_BLOCKS);
            alone.add(clear, blocks, 1, 1, CLEAR_THREADS, 0, new Object[] {MemorySegment.ofAddress(address), bytes});
            submit(alone);
        }
    }

    synchronized MemorySegment scratch(long bytes) {
        if (scratch.byteSize() < bytes) {
            long size = Math.max(Math.max(SMALLEST_SCRATCH, 2 * scratch.byteSize()), (bytes + 255) / 256 * 256);
            // the smaller one stays: what is queued and recorded uses it
            scratch = MemorySegment.ofAddress(allocate(size)).reinterpret(size);
        }
        return scratch.asSlice(0, bytes);
    }

    synchronized void beginStep() {
        start();
        if (inStep) {
            throw new IllegalStateException("a step on " + name + " begins before the last one has ended");
        }
        flush();
        staging.begin();
        inStep = true;
        stepThread = Thread.currentThread();
    }

    synchronized void endStep() {
        start();
        if (!inStep) {
            throw new IllegalStateException("no step on " + name + " has begun");
        }
        try {
            staging.distribute();
            staging.finishEarly();
            submitUploads();
            if (graphsWanted && !waitAlways && profile == null && list.size() >= SMALLEST_GRAPH) {
                submitGraph();
            } else {
                submit(list);
            }
            later.submit(stream);
            staging.end(stream);
        } finally {
            list.clear();
            leaveStep();
        }
    }

    private void leaveStep() {
        inStep = false;
        stepThread = null;
        notifyAll();
    }

    /** Ends a step that failed: what was queued runs, so that memory is as arenas believe, but no graph is made of it. */
    synchronized void abandonStep() {
        if (inStep && !closed) {
            try {
                flush();
                staging.end(stream);
            } finally {
                leaveStep();
            }
        }
    }

    private void submitUploads() {
        staging.submit(stream);
        if (startPending && list.size() > 0) {
            startPending = false;
            driver.recordEvent(startEvent, stream);
        }
    }

    private void submitGraph() {
        try {
            list = graphs.run(list, stream);
        } catch (DriverException e) {
            graphsWanted = false;
            notes.add("steps are submitted launch by launch, because the driver makes no graph of them: " + e.getMessage());
            submit(list);
        }
    }

    private void submit(CommandList commands) {
        for (int i = 0; i < commands.size(); i++) {
            try {
                if (profile != null) {
                    driver.recordEvent(startEvent, stream);
                }
                if (commands.work(i) == null) {
                    driver.launch(commands.record(i), stream);
                } else if (driver.computes()) {
                    commands.work(i).submit(stream);
                }
                if (waitAlways) {
                    driver.synchronizeStream(stream);
                }
                if (profile != null) {
                    driver.recordEvent(endEvent, stream);
                    driver.synchronizeEvent(endEvent);
                    profile.merge(commands.name(i), new KernelTime(commands.name(i), 1, driver.milliseconds(startEvent, endEvent)),
                            (a, b) -> new KernelTime(a.kernel(), a.launches() + 1, a.milliseconds() + b.milliseconds()));
                }
            } catch (DriverException e) {
                throw new DriverException(e.getMessage() + ", of " + commands.describe(i), e);
            }
        }
    }

    /** Submits what is queued. */
    synchronized void flush() {
        start();
        try {
            if (inStep) {
                staging.distribute();
                staging.finishEarly();
            }
            submitUploads();
            submit(list);
        } finally {
            list.clear();
        }
        later.submit(stream);
    }

    synchronized void synchronize() {
        flush();
        driver.synchronizeStream(stream);
    }

    synchronized void upload(MemorySegment host, long target, long bytes) {
        start();
        if (inStep) {
            staging.upload(host, target, bytes);
        } else {
            flush();
            transfers.upload(host, target, bytes, stream);
        }
    }

    /** The buffer may be that of another queue, which this one rehearses. */
    synchronized void upload(HostBuffer buffer, long target, long bytes) {
        start();
        if (inStep && buffer instanceof PinnedBuffers.Buffer pinned) {
            staging.upload(pinned, target, bytes);
        } else {
            upload(buffer.memory(), target, bytes);
        }
    }

    synchronized HostBuffer hostBuffer(long bytes) {
        start();
        return buffers.take(bytes);
    }

    /** Takes a closed buffer back. */
    synchronized void give(PinnedBuffers.Buffer buffer) {
        if (!closed) {
            start();
            buffers.give(buffer);
        }
    }

    synchronized void download(long source, MemorySegment host, long bytes) {
        flush();
        transfers.download(source, host, bytes, stream);
    }

    /** The result of {@link LaterResults}, or null when it is too large for that. */
    synchronized Supplier<double[]> downloadLater(Tensor source) {
        start();
        if (!later.fits(source.bytes())) {
            return null;
        }
        if (inStep) {
            staging.distribute();
        }
        Supplier<double[]> result = later.add(source);
        if (!inStep) {
            flush();
        }
        return result;
    }

    /** Takes results out, with the context where there still is one. */
    synchronized <T> T results(Supplier<T> read) {
        if (!closed) {
            driver.makeCurrent();
        }
        return read.get();
    }

    double milliseconds(Runnable queued) {
        synchronized (this) {
            flush();
            startPending = true;
        }
        queued.run();
        synchronized (this) {
            flush();
            if (startPending) {
                startPending = false;
                return 0;
            }
            driver.recordEvent(endEvent, stream);
            driver.synchronizeEvent(endEvent);
            return driver.milliseconds(startEvent, endEvent);
        }
    }

    List<KernelTime> profile(Runnable queued) {
        synchronized (this) {
            synchronize();
            profile = new HashMap<>();
        }
        try {
            queued.run();
            synchronize();
            return profile.values().stream().sorted(Comparator.comparingDouble(KernelTime::milliseconds).reversed()).toList();
        } finally {
            profile = null;
        }
    }

    synchronized long stream() {
        start();
        return stream;
    }

    /** Memory of the card. */
    synchronized long allocate(long bytes) {
        start();
        long address = driver.allocate(bytes);
        if (address == 0) {
            throw new OutOfDeviceMemoryException(name, bytes, driver.freeMemory(), driver.properties().memory(), allocated);
        }
        allocations.put(address, bytes);
        allocated += bytes;
        return address;
    }

    /** Waits for what uses them and frees blocks of memory. */
    synchronized void free(List<Long> addresses) {
        if (closed || addresses.isEmpty()) {
            return;
        }
        synchronize();
        for (long address : addresses) {
            Long bytes = allocations.remove(address);
            if (bytes != null) {
                allocated -= bytes;
                driver.free(address);
            }
        }
    }

    /** Bytes that this process has. */
    synchronized long allocated() {
        return allocated;
    }

    synchronized long freeMemory() {
        start();
        return driver.freeMemory();
    }

    /** Called last, when nothing runs any more, with the context. */
    synchronized void onClose(Runnable action) {
        closing.add(action);
    }

    /** Lets a step that another thread records come to its end, for some seconds. */
    private void awaitStep() {
        long end = System.nanoTime() + STEP_WAIT_NANOS;
        boolean interrupted = false;
        while (inStep && stepThread != Thread.currentThread() && System.nanoTime() < end) {
            try {
                wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException e) {
                interrupted = true;
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    synchronized boolean isClosed() {
        return closed;
    }

    synchronized void close() {
        awaitStep();
        if (closed) {
            return;
        }
        if (started && startFailure == null) {
            RuntimeException failure = null;
            try {
                inStep = false;
                synchronize();
            } catch (RuntimeException e) {
                failure = e;
            }
            closed = true;
            try {
                release();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                }
            }
            if (failure != null) {
                throw failure;
            }
        }
        closed = true;
        list.close();
        driver.close();
    }

    private void release() {
        driver.makeCurrent();
        closing.forEach(Runnable::run);
        graphs.clear();
        later.close();
        transfers.close();
        staging.close();
        buffers.close();
        driver.destroyEvent(startEvent);
        driver.destroyEvent(endEvent);
        modules.values().forEach(this::unload);
        modules.clear();
        driver.destroyStream(captureStream);
        driver.destroyStream(copyStream);
        driver.destroyStream(stream);
        List.copyOf(allocations.keySet()).forEach(driver::free);
        allocations.clear();
        allocated = 0;
    }
}
