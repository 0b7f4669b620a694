package org.bindrae.tensor.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The CUDA driver of this machine: what happens once through JCuda, what every step does through java.lang.foreign on the same context, which is the card's
 * primary one. Used by one thread at a time.
 */
public final class NvidiaDriver implements CudaDriver {
    /** Ending of the names of kernels with instructions that only this capability has. */
    private static final String WARPGROUPS = "_sm90a";
    private static final int HOPPER = 90;
    /** The first version of CUDA (as 1000·major + 10·minor) whose driver loads what the CUDA 13 compiler makes. */
    private static final int OLDEST_DRIVER = 13000;
    private static final String LIBRARY = "libcuda";
    /** What the system's loader says where there is no driver, and Java where JCuda has nothing for the system. */
    private static final String NO_DRIVER = LIBRARY + ".so.1: cannot open shared object file";
    private static final String OTHER_SYSTEM = "java.library.path";
    private static final int PORTABLE = 1;
    private static final int NON_BLOCKING = 1;
    private static final int CAPTURE_RELAXED = 2;
    private static final int MAX_DYNAMIC_SHARED_BYTES = 8;
    private static final int PTX_VERSION = 5;
    /** CUgraphEdgeData of a programmatic dependency on a kernel: met when all its blocks have let go (griddepcontrol.launch_dependents). */
    private static final long PROGRAMMATIC = 1L | 1L << 16;
    private static final int MOST_PARAMETERS = 512;
    private static final int LONGEST_NAME = 1 << 12;

    private final DeviceProperties properties;
    private final CudaCalls calls;
    private final CUdevice device;
    /** The card's primary context, or 0 as long as nothing needs it: it takes time and some hundred MiB of the card. */
    private long context;
    private final Arena memory = Arena.ofShared();
    /** Room for what a call returns, and for the node that another one follows. */
    private final MemorySegment result = memory.allocate(Long.BYTES);
    private final MemorySegment second = memory.allocate(Long.BYTES);
    private final MemorySegment previous = memory.allocate(Long.BYTES);
    private final MemorySegment programmatic = memory.allocateFrom(ValueLayout.JAVA_LONG, PROGRAMMATIC);
    private final Map<Long, Map<String, Long>> functions = new HashMap<>();
    private boolean closed;

    /** JCuda hides what its objects point to from all but their subclasses. */
    private static final class Context extends CUcontext {
        long handle() {
            return getNativePointer();
        }
    }

    private static final class DeviceAddress extends CUdeviceptr {
        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    private static final class HostAddress extends Pointer {
        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    private static final class Module extends CUmodule {
        long handle() {
            return getNativePointer();
        }
    }

    /** Card number {@code index} of those that {@link #devices} counts. */
    public NvidiaDriver(int index) {
        try {
            this.device = new CUdevice();
            JCudaDriver.cuDeviceGet(device, index);
            this.properties = describe(device);
            this.calls = new CudaCalls();
        } catch (CudaException e) {
            throw refused("opening card " + index, e);
        }
    }

    /**
     * How many cards there are, at least one.
     *
     * @throws NoCardException if there are none, or no driver
     * @throws DriverException if the driver does not work or is too old; the message is for people
     */
    public static int devices() {
        int[] value = new int[1];
        try {
            JCudaDriver.setExceptionsEnabled(true);
            JCudaDriver.cuInit(0);
            JCudaDriver.cuDriverGetVersion(value);
            if (value[0] < OLDEST_DRIVER) {
                throw new DriverException("the NVIDIA driver implements CUDA " + version(value[0]) + ", but the kernels need CUDA " + version(OLDEST_DRIVER)
                        + ": install version 580 of the driver or a newer one");
            }
            JCudaDriver.cuDeviceGetCount(value);
        } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
            String reason = reason(e);
            if (reason.contains(NO_DRIVER) || reason.contains(OTHER_SYSTEM)) {
                throw new NoCardException("no NVIDIA driver: " + reason, e);
            }
            throw new DriverException("the NVIDIA driver cannot be loaded: " + reason, e);
        } catch (CudaException e) {
            if (CUresult.stringFor(CUresult.CUDA_ERROR_NO_DEVICE).equals(e.getMessage())) {
                throw new NoCardException("the NVIDIA driver finds no card", e);
            }
            throw new DriverException("the NVIDIA driver does not work: " + e.getMessage(), e);
        }
        if (value[0] == 0) {
            throw new NoCardException("the NVIDIA driver finds no card");
        }
        return value[0];
    }

    /** What the system's loader says of the driver's library, which later attempts only have as a cause. */
    private static String reason(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (message.contains(LIBRARY)) {
                return message.substring(message.indexOf(LIBRARY)).replaceFirst("(\\R| \\[in thread )[\\s\\S]*", "");
            }
        }
        return String.valueOf(e.getMessage());
    }

    private static DeviceProperties describe(CUdevice device) {
        byte[] name = new byte[256];
        JCudaDriver.cuDeviceGetName(name, name.length, device);
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        long[] memory = new long[1];
        JCudaDriver.cuDeviceTotalMem(memory, device);
        int[] driver = new int[1];
        JCudaDriver.cuDriverGetVersion(driver);
        int capability = 10 * attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
                + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        return new DeviceProperties(new String(name, 0, length, StandardCharsets.UTF_8), memory[0], capability,
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN), version(driver[0]));
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        JCudaDriver.cuDeviceGetAttribute(value, attribute, device);
        return value[0];
    }

    private static String version(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    @Override
    public DeviceProperties properties() {
        return properties;
    }

    @Override
    public void makeCurrent() {
        if (context == 0) {
            Context primary = new Context();
            try {
                JCudaDriver.cuDevicePrimaryCtxRetain(primary, device);
            } catch (CudaException e) {
                throw refused("opening " + properties.model(), e);
            }
            context = primary.handle();
        }
        try {
            check((int) calls.setCurrent.invokeExact(context), "making the context current");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long allocate(long bytes) {
        DeviceAddress address = new DeviceAddress();
        try {
            JCudaDriver.cuMemAlloc(address, bytes);
        } catch (CudaException e) {
            if (CUresult.stringFor(CUresult.CUDA_ERROR_OUT_OF_MEMORY).equals(e.getMessage())) {
                return 0;
            }
            throw refused("allocating " + bytes + " bytes on the card", e);
        }
        return address.value();
    }

    @Override
    public void free(long address) {
        try {
            check((int) calls.free.invokeExact(address), "freeing memory of the card");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long freeMemory() {
        try {
            check((int) calls.memoryInfo.invokeExact(result, second), "asking for free memory");
            return result.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public MemorySegment allocateHost(long bytes) {
        HostAddress address = new HostAddress();
        try {
            JCudaDriver.cuMemHostAlloc(address, bytes, PORTABLE);
        } catch (CudaException e) {
            throw refused("allocating " + bytes + " bytes of pinned host memory", e);
        }
        return MemorySegment.ofAddress(address.value()).reinterpret(bytes);
    }

    @Override
    public void freeHost(MemorySegment host) {
        try {
            check((int) calls.freeHost.invokeExact(host.address()), "freeing pinned host memory");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long[] loadModules(Supplier<Map<String, byte[]>> images, String name) {
        List<Long> modules = new ArrayList<>();
        images.get().forEach((file, image) -> {
            if (file.endsWith(WARPGROUPS) && properties.capability() != HOPPER) {
                return;
            }
            Module module = new Module();
            try {
                JCudaDriver.cuModuleLoadData(module, image);
            } catch (CudaException e) {
                modules.forEach(this::unloadModule);
                throw refused("loading the kernels " + name + "/" + file + " on " + properties.model() + " (compute capability "
                        + properties.capability() / 10.0 + ")", e);
            }
            modules.add(module.handle());
        });
        return modules.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public void unloadModule(long module) {
        functions.remove(module);
        try {
            check((int) calls.unloadModule.invokeExact(module), "unloading kernels");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long function(long module, String name) {
        return functions.computeIfAbsent(module, this::functionsOf).getOrDefault(name, 0L);
    }

    /** All of a module: asking for one that it does not have is an error to tools that watch the driver. */
    private Map<String, Long> functionsOf(long module) {
        Map<String, Long> byName = new HashMap<>();
        try (Arena arena = Arena.ofConfined()) {
            check((int) calls.functionCount.invokeExact(result, module), "counting kernels");
            int count = result.get(ValueLayout.JAVA_INT, 0);
            MemorySegment handles = arena.allocate(ValueLayout.JAVA_LONG, count);
            check((int) calls.functions.invokeExact(handles, count, module), "listing kernels");
            for (int i = 0; i < count; i++) {
                long function = handles.getAtIndex(ValueLayout.JAVA_LONG, i);
                check((int) calls.functionName.invokeExact(result, function), "asking for the name of a kernel");
                byName.put(result.get(ValueLayout.ADDRESS, 0).reinterpret(LONGEST_NAME).getString(0), function);
            }
            return byName;
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public int[] parameters(long function) {
        if (calls.parameterInfo == null) {
            return null;
        }
        int[] sizes = new int[MOST_PARAMETERS];
        try {
            int count = 0;
            while (count < MOST_PARAMETERS && (int) calls.parameterInfo.invokeExact(function, (long) count, result, second) == 0) {
                sizes[count] = (int) second.get(ValueLayout.JAVA_LONG, 0);
                count++;
            }
            return Arrays.copyOf(sizes, count);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public boolean awaitsPrevious(long function) {
        try {
            check((int) calls.getFunctionAttribute.invokeExact(result, PTX_VERSION, function), "asking for the version of a kernel");
            return result.get(ValueLayout.JAVA_INT, 0) >= HOPPER;
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void allowSharedMemory(long function, int bytes) {
        try {
            check((int) calls.setFunctionAttribute.invokeExact(function, MAX_DYNAMIC_SHARED_BYTES, bytes),
                    () -> "asking for " + bytes + " bytes of shared memory per block; a block can have " + properties.sharedMemoryPerBlock());
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long createStream() {
        try {
            check((int) calls.createStream.invokeExact(result, NON_BLOCKING), "creating a stream");
            return result.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void destroyStream(long stream) {
        try {
            check((int) calls.destroyStream.invokeExact(stream), "destroying a stream");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void synchronizeStream(long stream) {
        try {
            check((int) calls.synchronizeStream.invokeExact(stream), "waiting for the card");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void copyToDevice(long target, MemorySegment source, long bytes, long stream) {
        try {
            check((int) calls.copyToDevice.invokeExact(target, source, bytes, stream), () -> "copying " + bytes + " bytes to the card");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void copyToHost(MemorySegment target, long source, long bytes, long stream) {
        try {
            check((int) calls.copyToHost.invokeExact(target, source, bytes, stream), () -> "copying " + bytes + " bytes from the card");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void launch(MemorySegment launch, long stream) {
        try {
            check((int) calls.launch.invokeExact(LaunchRecord.function(launch), LaunchRecord.gridX(launch), LaunchRecord.gridY(launch),
                    LaunchRecord.gridZ(launch), LaunchRecord.block(launch), 1, 1, LaunchRecord.shared(launch), stream, LaunchRecord.arguments(launch), 0L),
                    "launching");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long createEvent() {
        try {
            check((int) calls.createEvent.invokeExact(result, 0), "creating an event");
            return result.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void destroyEvent(long event) {
        try {
            check((int) calls.destroyEvent.invokeExact(event), "destroying an event");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void recordEvent(long event, long stream) {
        try {
            check((int) calls.recordEvent.invokeExact(event, stream), "recording an event");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void waitForEvent(long stream, long event) {
        try {
            check((int) calls.waitForEvent.invokeExact(stream, event, 0), "making a stream wait");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void synchronizeEvent(long event) {
        try {
            check((int) calls.synchronizeEvent.invokeExact(event), "waiting for the card");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public double milliseconds(long startEvent, long endEvent) {
        try {
            check((int) calls.elapsedTime.invokeExact(result, startEvent, endEvent), "reading the time between events");
            return result.get(ValueLayout.JAVA_FLOAT, 0);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void beginCapture(long stream) {
        try {
            check((int) calls.beginCapture.invokeExact(stream, CAPTURE_RELAXED), "recording a graph");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long endCapture(long stream) {
        try {
            check((int) calls.endCapture.invokeExact(stream, result), "recording a graph");
            return result.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long createGraph() {
        try {
            check((int) calls.createGraph.invokeExact(result, 0), "creating a graph");
            return result.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long addLaunch(long graph, long after, boolean overlapping, MemorySegment launch) {
        previous.set(ValueLayout.JAVA_LONG, 0, after);
        try {
            check((int) calls.addKernelNode.invokeExact(result, graph, previous, after == 0 || overlapping ? 0L : 1L, launch), "adding a kernel to a graph");
            if (overlapping) {
                check((int) calls.addDependencies.invokeExact(graph, previous, result, programmatic, 1L), "making a kernel of a graph follow another");
            }
            return result.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long addGraph(long graph, long after, long child) {
        previous.set(ValueLayout.JAVA_LONG, 0, after);
        try {
            check((int) calls.addChildGraphNode.invokeExact(result, graph, previous, after == 0 ? 0L : 1L, child), "adding a graph to a graph");
            return result.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void destroyGraph(long graph) {
        try {
            check((int) calls.destroyGraph.invokeExact(graph), "destroying a graph");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public long instantiate(long graph) {
        try {
            check((int) calls.instantiate.invokeExact(result, graph, 0L), "instantiating a graph");
            return result.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void update(long executable, long node, MemorySegment launch) {
        try {
            check((int) calls.setKernelNode.invokeExact(executable, node, launch), "changing a kernel of a graph");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void updateGraph(long executable, long node, long child) {
        try {
            check((int) calls.setChildGraph.invokeExact(executable, node, child), "changing a graph of a graph");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void run(long executable, long stream) {
        try {
            check((int) calls.launchGraph.invokeExact(executable, stream), "running a graph");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    @Override
    public void destroyExecutable(long executable) {
        try {
            check((int) calls.destroyExecutable.invokeExact(executable), "destroying a graph");
        } catch (Throwable e) {
            throw CudaCalls.failed(e);
        }
    }

    private void check(int code, String doing) {
        if (code != 0) {
            throw new DriverException(doing + ": " + calls.name(code));
        }
    }

    private void check(int code, Supplier<String> doing) {
        if (code != 0) {
            check(code, doing.get());
        }
    }

    private static DriverException refused(String doing, CudaException e) {
        return new DriverException(doing + ": " + e.getMessage(), e);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            memory.close();
            if (context != 0) {
                try {
                    JCudaDriver.cuDevicePrimaryCtxRelease(device);
                } catch (CudaException e) {
                    throw refused("giving back " + properties.model(), e);
                }
            }
        }
    }
}
