package org.bindrae.tensor.cuda;

import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Tensor;

/** The primitive operations as kernels of ours. */
final class CudaKernels implements Kernels {
    private final CudaDevice device;

    CudaKernels(CudaDevice device) {
        this.device = device;
    }

    private UnsupportedOperationException missing(String operation) {
        return new UnsupportedOperationException(device.name() + " has no " + operation);
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, Matrix c) {
        throw missing("gemm");
    }

    @Override
    public void fill(Tensor y, double value) {
        throw missing("fill");
    }

    @Override
    public void copy(Tensor x, Tensor y) {
        throw missing("copy");
    }

    @Override
    public void cast(Tensor x, Tensor y) {
        throw missing("cast");
    }

    @Override
    public void axpby(double a, Tensor x, double b, Tensor y) {
        throw missing("axpby");
    }

    @Override
    public void add(Tensor x, Tensor b, Broadcast spread, Tensor y) {
        throw missing("add");
    }

    @Override
    public void multiply(Tensor x, Tensor b, Broadcast spread, Tensor y) {
        throw missing("multiply");
    }

    @Override
    public void multiplyAdd(Tensor x, Tensor b, Broadcast spread, Tensor y) {
        throw missing("multiplyAdd");
    }

    @Override
    public void reduceAdd(Tensor x, Tensor w, Broadcast spread, Tensor y) {
        throw missing("reduceAdd");
    }

    @Override
    public void unary(Unary function, Tensor x, Tensor y) {
        throw missing("unary");
    }

    @Override
    public void unaryBackward(Unary function, Tensor x, Tensor y, Tensor dy, Tensor dx) {
        throw missing("unaryBackward");
    }

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, double eps, Tensor y, Tensor mean, Tensor rstd) {
        throw missing("layerNorm");
    }

    @Override
    public void layerNormBackward(Tensor x, Tensor gamma, Tensor mean, Tensor rstd, Tensor dy, Tensor dx, Tensor dgamma, Tensor dbeta) {
        throw missing("layerNormBackward");
    }

    @Override
    public void softmax(Tensor x, Tensor y) {
        throw missing("softmax");
    }

    @Override
    public void softmaxBackward(Tensor y, Tensor dy, Tensor dx) {
        throw missing("softmaxBackward");
    }

    @Override
    public void logSoftmax(Tensor x, Tensor y) {
        throw missing("logSoftmax");
    }

    @Override
    public void logSoftmaxBackward(Tensor y, Tensor dy, Tensor dx) {
        throw missing("logSoftmaxBackward");
    }

    @Override
    public void dropout(Tensor x, Dropout dropout, Tensor y) {
        throw missing("dropout");
    }

    @Override
    public void dropoutAdd(Tensor x, Dropout dropout, Tensor y) {
        throw missing("dropoutAdd");
    }

    @Override
    public void copyColumns(Tensor x, int xColumn, Tensor y, int yColumn, int count, boolean add) {
        throw missing("copyColumns");
    }

    @Override
    public void gatherRows(Tensor x, Tensor index, Tensor y) {
        throw missing("gatherRows");
    }

    @Override
    public void scatterAddRows(Tensor x, Tensor index, Tensor y) {
        throw missing("scatterAddRows");
    }

    @Override
    public double sumOfSquares(Tensor x) {
        throw missing("sumOfSquares");
    }

    @Override
    public boolean allFinite(Tensor x) {
        throw missing("allFinite");
    }

    @Override
    public void adamW(AdamWStep step, Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment) {
        throw missing("adamW");
    }
}
