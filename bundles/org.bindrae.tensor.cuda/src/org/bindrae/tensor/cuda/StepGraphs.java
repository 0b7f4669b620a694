package org.bindrae.tensor.cuda;

import java.util.ArrayList;
import java.util.List;

import org.bindrae.tensor.cuda.driver.CudaDriver;
import org.bindrae.tensor.cuda.driver.DriverException;

/**
 * The graphs of the last few forms of steps (kernels, grids, blocks). A step whose form is there changes the arguments that differ and runs it again; one of a
 * new form gets a graph of its own while there is room, and later takes over the least recently used graph of the same kernels.
 */
final class StepGraphs {
    static final int MOST = 8;

    private final CudaDriver driver;
    private final long captureStream;
    /** least recently used first */
    private final List<StepGraph> graphs = new ArrayList<>();

    StepGraphs(CudaDriver driver, long captureStream) {
        this.driver = driver;
        this.captureStream = captureStream;
    }

    /**
     * Submits the list as a graph.
     *
     * @return a list that the caller can use for the next step: this one or a new one
     * @throws DriverException if the driver makes no graph of it; nothing was submitted, and the list is the caller's still
     */
    CommandList run(CommandList list, long stream) {
        StepGraph known = find(list);
        if (known != null) {
            graphs.remove(known);
            try {
                known.update(list);
                known.run(stream);
                graphs.add(known);
                return list;
            } catch (DriverException e) {
                // half changed: another one is made from the list, which throws again if graphs are impossible
                known.close();
            }
        }
        StepGraph made = new StepGraph(driver, captureStream, list);
        try {
            made.run(stream);
        } catch (DriverException e) {
            made.destroy();
            throw e;
        }
        if (graphs.size() == MOST) {
            graphs.removeFirst().close();
        }
        graphs.add(made);
        return new CommandList();
    }

    private StepGraph find(CommandList list) {
        for (StepGraph graph : graphs) {
            if (graph.list().form() == list.form() && graph.list().sameSequence(list)) {
                return graph;
            }
        }
        if (graphs.size() == MOST) {
            for (StepGraph graph : graphs) {
                if (graph.list().sameSequence(list)) {
                    return graph;
                }
            }
        }
        return null;
    }

    int size() {
        return graphs.size();
    }

    void clear() {
        graphs.forEach(StepGraph::close);
        graphs.clear();
    }
}
