package org.bindrae.esm.encoder;

import java.io.IOException;
import java.util.List;

import org.bindrae.tensor.Kernels;
import org.bindrae.tensor.Kernels.SelfAttention;
import org.bindrae.tensor.Ops;
import org.bindrae.tensor.Tape;
import org.bindrae.tensor.Tensor;

/** A block: x += attention(norm(x)), x += perceptron(norm(x)). */
record EncoderLayer(Norm attentionNorm, Map query, Map key, Map value, Map output, Norm perceptronNorm, Map inner, Map outer) {
    /** A layer norm. */
    record Norm(Tensor weight, Tensor bias) {
        static Norm load(LoadedWeights weights, String name) throws IOException {
            return new Norm(weights.tensor(name + ParameterNames.WEIGHT), weights.tensor(name + ParameterNames.BIAS));
        }

        Tensor forward(Tape tape, Tensor x, double eps) {
            return Ops.layerNorm(tape, x, weight, bias, eps);
        }
    }

    /** A linear map. */
    record Map(Tensor weight, Tensor bias) {
        static Map load(LoadedWeights weights, String name) throws IOException {
            return new Map(weights.tensor(name + ParameterNames.WEIGHT), weights.tensor(name + ParameterNames.BIAS));
        }
    }

    static EncoderLayer load(LoadedWeights weights, int number) throws IOException {
        String layer = ParameterNames.layer(number);
        return new EncoderLayer(Norm.load(weights, layer + ParameterNames.ATTENTION_NORM), Map.load(weights, layer + ParameterNames.QUERY),
                Map.load(weights, layer + ParameterNames.KEY), Map.load(weights, layer + ParameterNames.VALUE),
                Map.load(weights, layer + ParameterNames.ATTENTION_OUTPUT), Norm.load(weights, layer + ParameterNames.PERCEPTRON_NORM),
                Map.load(weights, layer + ParameterNames.INNER), Map.load(weights, layer + ParameterNames.OUTER));
    }

    /** Adds the two branches to x [rows, width]. */
    void forward(Tape tape, Tensor x, SelfAttention attention, double eps) {
        Kernels kernels = tape.kernels();
        Tensor normal = attentionNorm.forward(tape, x, eps);
        List<Tensor> projections = Ops.linears(tape, List.of(normal, normal, normal), List.of(query.weight, key.weight, value.weight),
                List.of(query.bias, key.bias, value.bias));
        Tensor attended = tape.scratch(x.dtype(), x.shape());
        kernels.selfAttention(projections.get(0), projections.get(1), projections.get(2), attention, tape.arena(), attended);
        kernels.axpby(1, Ops.linear(tape, attended, output.weight, output.bias), 1, x);
        normal = perceptronNorm.forward(tape, x, eps);
        kernels.axpby(1, Ops.mlp(tape, normal, inner.weight, inner.bias, 0, outer.weight, outer.bias), 1, x);
    }
}
