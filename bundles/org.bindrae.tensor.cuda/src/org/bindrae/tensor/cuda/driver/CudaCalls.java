package org.bindrae.tensor.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * Functions of libcuda that every step calls, through java.lang.foreign: no objects made per call, handles and addresses as numbers. The library is the one that
 * JCuda has loaded and initialised.
 */
final class CudaCalls {
    private static final Linker LINKER = Linker.nativeLinker();

    private final SymbolLookup library = SymbolLookup.libraryLookup("libcuda.so.1", Arena.global());
    private final MethodHandle errorName = handle("cuGetErrorName", JAVA_INT, ADDRESS);

    final MethodHandle setCurrent = handle("cuCtxSetCurrent", JAVA_LONG);
    final MethodHandle memoryInfo = handle("cuMemGetInfo_v2", ADDRESS, ADDRESS);
    final MethodHandle free = handle("cuMemFree_v2", JAVA_LONG);
    final MethodHandle freeHost = handle("cuMemFreeHost", JAVA_LONG);
    final MethodHandle unloadModule = handle("cuModuleUnload", JAVA_LONG);
    final MethodHandle functionCount = handle("cuModuleGetFunctionCount", ADDRESS, JAVA_LONG);
    final MethodHandle functions = handle("cuModuleEnumerateFunctions", ADDRESS, JAVA_INT, JAVA_LONG);
    final MethodHandle functionName = handle("cuFuncGetName", ADDRESS, JAVA_LONG);
    final MethodHandle getFunctionAttribute = handle("cuFuncGetAttribute", ADDRESS, JAVA_INT, JAVA_LONG);
    final MethodHandle setFunctionAttribute = handle("cuFuncSetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT);
    /** Null before CUDA 12.4. */
    final MethodHandle parameterInfo = library.find("cuFuncGetParamInfo").isPresent()
            ? handle("cuFuncGetParamInfo", JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS) : null;

    final MethodHandle createStream = handle("cuStreamCreate", ADDRESS, JAVA_INT);
    final MethodHandle destroyStream = handle("cuStreamDestroy_v2", JAVA_LONG);
    final MethodHandle synchronizeStream = handle("cuStreamSynchronize", JAVA_LONG);
    final MethodHandle copyToDevice = handle("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
    final MethodHandle copyToHost = handle("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    final MethodHandle launch = handle("cuLaunchKernel", JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG,
            JAVA_LONG, JAVA_LONG);

    final MethodHandle createEvent = handle("cuEventCreate", ADDRESS, JAVA_INT);
    final MethodHandle destroyEvent = handle("cuEventDestroy_v2", JAVA_LONG);
    final MethodHandle recordEvent = handle("cuEventRecord", JAVA_LONG, JAVA_LONG);
    final MethodHandle waitForEvent = handle("cuStreamWaitEvent", JAVA_LONG, JAVA_LONG, JAVA_INT);
    final MethodHandle synchronizeEvent = handle("cuEventSynchronize", JAVA_LONG);
    final MethodHandle elapsedTime = handle("cuEventElapsedTime", ADDRESS, JAVA_LONG, JAVA_LONG);

    final MethodHandle beginCapture = handle("cuStreamBeginCapture_v2", JAVA_LONG, JAVA_INT);
    final MethodHandle endCapture = handle("cuStreamEndCapture", JAVA_LONG, ADDRESS);
    final MethodHandle createGraph = handle("cuGraphCreate", ADDRESS, JAVA_INT);
    final MethodHandle addKernelNode = handle("cuGraphAddKernelNode_v2", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
    final MethodHandle addDependencies = handle("cuGraphAddDependencies_v2", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
    final MethodHandle addChildGraphNode = handle("cuGraphAddChildGraphNode", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
    final MethodHandle destroyGraph = handle("cuGraphDestroy", JAVA_LONG);
    final MethodHandle instantiate = handle("cuGraphInstantiateWithFlags", ADDRESS, JAVA_LONG, JAVA_LONG);
    final MethodHandle setKernelNode = handle("cuGraphExecKernelNodeSetParams_v2", JAVA_LONG, JAVA_LONG, ADDRESS);
    final MethodHandle setChildGraph = handle("cuGraphExecChildGraphNodeSetParams", JAVA_LONG, JAVA_LONG, JAVA_LONG);
    final MethodHandle launchGraph = handle("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
    final MethodHandle destroyExecutable = handle("cuGraphExecDestroy", JAVA_LONG);

    private MethodHandle handle(String function, MemoryLayout... parameters) {
        MemorySegment address = library.find(function).orElseThrow(() -> new DriverException("the CUDA driver has no function " + function));
        return LINKER.downcallHandle(address, FunctionDescriptor.of(JAVA_INT, parameters));
    }

    /** The driver's name of a result, such as CUDA_ERROR_INVALID_VALUE. */
    String name(int result) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(ADDRESS);
            if ((int) errorName.invokeExact(result, text) == 0) {
                return text.get(ADDRESS, 0).reinterpret(256).getString(0);
            }
            return "CUDA error " + result;
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** What a method handle of a function that throws nothing can still throw. */
    static RuntimeException failed(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException exception ? exception : new DriverException("a call of the CUDA driver failed", e);
    }
}
