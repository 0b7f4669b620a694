package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.cuda.driver.CudaDriver;

/**
 * A list of launches as an executable CUDA graph: a chain of nodes, one per launch, each of which begins before the one before has ended where its kernel knows
 * how to wait. It owns its list, which says what the graph does.
 */
final class StepGraph implements AutoCloseable {
    private final CudaDriver driver;
    private final long captureStream;
    private final CommandList list;
    private final long[] nodes;
    private long graph;
    private long executable;

    /** Makes the graph and takes the list over. Nothing is left of it when that fails. */
    StepGraph(CudaDriver driver, long captureStream, CommandList list) {
        this.driver = driver;
        this.captureStream = captureStream;
        this.list = list;
        this.nodes = new long[list.size()];
        try {
            graph = driver.createGraph();
            long last = 0;
            for (int i = 0; i < nodes.length; i++) {
                last = list.work(i) == null ? driver.addLaunch(graph, last, list.overlaps(i), list.record(i)) : addWork(last, list.work(i));
                nodes[i] = last;
            }
            executable = driver.instantiate(graph);
        } catch (RuntimeException e) {
            destroy();
            throw e;
        }
    }

    private long addWork(long last, StreamWork work) {
        long child = capture(work);
        try {
            return driver.addGraph(graph, last, child);
        } finally {
            driver.destroyGraph(child);
        }
    }

    private long capture(StreamWork work) {
        driver.beginCapture(captureStream);
        List<RuntimeException> failures = new ArrayList<>();
        try {
            work.submit(captureStream);
        } catch (RuntimeException e) {
            failures.add(e);
        }
        long captured = driver.endCapture(captureStream);
        if (!failures.isEmpty()) {
            driver.destroyGraph(captured);
            throw failures.getFirst();
        }
        return captured;
    }

    CommandList list() {
        return list;
    }

    /** Makes the graph do what another list of the same kernels says: only launches with another grid or other arguments are touched. */
    void update(CommandList other) {
        for (int i = 0; i < nodes.length; i++) {
            if (list.work(i) == null) {
                if (list.take(i, other)) {
                    driver.update(executable, nodes[i], list.record(i));
                }
            } else if (list.takeWork(i, other)) {
                long child = capture(list.work(i));
                try {
                    driver.updateGraph(executable, nodes[i], child);
                } finally {
                    driver.destroyGraph(child);
                }
            }
        }
        list.takeForm(other);
    }

    void run(long stream) {
        driver.run(executable, stream);
    }

    /** Leaves the list to the caller. */
    void destroy() {
        if (executable != 0) {
            driver.destroyExecutable(executable);
            executable = 0;
        }
        if (graph != 0) {
            driver.destroyGraph(graph);
            graph = 0;
        }
    }

    @Override
    public void close() {
        destroy();
        list.close();
    }
}
