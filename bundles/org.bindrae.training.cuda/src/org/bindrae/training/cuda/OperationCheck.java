package org.bindrae.training.cuda;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.bindrae.tensor.DType;
import org.bindrae.tensor.Device;
import org.bindrae.tensor.HostDevice;
import org.bindrae.tensor.cuda.CudaDevice;
import org.bindrae.tensor.io.DeviceCheck;
import org.bindrae.tensor.io.VectorRow;
import org.bindrae.training.cuda.internal.ConditionerCases;
import org.bindrae.training.cuda.internal.EdgeCases;
import org.bindrae.training.cuda.internal.GeometryCases;
import org.bindrae.training.cuda.internal.OperationCase;
import org.osgi.service.component.annotations.Component;

/**
 * Compares what the network computes between its layers on a graphics card (frames, atoms, neighbours, the ligand conditioner) with double precision on the
 * processor, forward and backward. Every call runs twice; bits that differ are an error that no tolerance allows.
 */
@Component
public final class OperationCheck implements DeviceCheck {
    private static final double SINGLE = 1e-5;
    private static final double DOUBLE = 1e-12;

    @Override
    public String subject() {
        return "operations of the network";
    }

    @Override
    public boolean applies(Device device) {
        return device instanceof CudaDevice;
    }

    /** A row for each operation and element type: the worst error over all shapes. */
    @Override
    public List<VectorRow> run(Device device, HostDevice host) {
        Map<String, VectorRow> rows = new LinkedHashMap<>();
        for (DType type : List.of(DType.F32, DType.F64)) {
            cases().forEach(operation -> rows.merge(operation.name() + ", " + type, compare(operation, type, device, host),
                    (a, b) -> b.error() <= a.error() ? a : b));
        }
        return List.copyOf(rows.values());
    }

    private static Stream<OperationCase> cases() {
        return Stream.of(GeometryCases.all(), EdgeCases.all(), ConditionerCases.all()).flatMap(List::stream);
    }

    private static VectorRow compare(OperationCase operation, DType type, Device device, HostDevice host) {
        String quantity = operation.name() + ", " + type;
        double tolerance = type == DType.F64 ? DOUBLE : SINGLE;
        Map<String, double[]> right = operation.run(host, DType.F64, type);
        try {
            return new VectorRow(quantity, operation.error(operation.run(device, type, type), right), tolerance);
        } catch (IllegalStateException e) {
            return new VectorRow(e.getMessage(), Double.POSITIVE_INFINITY, tolerance);
        }
    }
}
