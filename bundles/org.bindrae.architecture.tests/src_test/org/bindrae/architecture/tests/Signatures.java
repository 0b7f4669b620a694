package org.bindrae.architecture.tests;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassSignature;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodSignature;
import java.lang.classfile.Signature;
import java.lang.classfile.Signature.ArrayTypeSig;
import java.lang.classfile.Signature.BaseTypeSig;
import java.lang.classfile.Signature.ClassTypeSig;
import java.lang.classfile.Signature.TypeArg;
import java.lang.classfile.Signature.TypeParam;
import java.lang.classfile.Signature.TypeVarSig;
import java.lang.constant.ClassDesc;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Types of compiled classes, written as in Java with full names. */
final class Signatures {
    private Signatures() {
    }

    static String of(ClassDesc type) {
        return of(Signature.of(type));
    }

    private static String of(Signature type) {
        return switch (type) {
            case BaseTypeSig base -> ClassDesc.ofDescriptor(String.valueOf(base.baseType())).displayName();
            case TypeVarSig variable -> variable.identifier();
            case ArrayTypeSig array -> of(array.componentSignature()) + "[]";
            case ClassTypeSig named -> named.outerType().map(outer -> of(outer) + ".").orElse("") + named.className().replace('/', '.').replace('$', '.')
                    + (named.typeArgs().isEmpty() ? "" : named.typeArgs().stream().map(Signatures::argument).collect(Collectors.joining(", ", "<", ">")));
        };
    }

    private static String argument(TypeArg argument) {
        return switch (argument) {
            case TypeArg.Unbounded _ -> "?";
            case TypeArg.Bounded bounded -> switch (bounded.wildcardIndicator()) {
                case NONE -> of(bounded.boundType());
                case EXTENDS -> "? extends " + of(bounded.boundType());
                case SUPER -> "? super " + of(bounded.boundType());
            };
        };
    }

    private static String parameters(List<TypeParam> parameters) {
        return parameters.isEmpty() ? "" : parameters.stream().map(parameter -> {
            String bounds = Stream.concat(parameter.classBound().stream(), parameter.interfaceBounds().stream()).map(Signatures::of)
                    .filter(bound -> !bound.equals("java.lang.Object")).collect(Collectors.joining(" & "));
            return parameter.identifier() + (bounds.isEmpty() ? "" : " extends " + bounds);
        }).collect(Collectors.joining(", ", "<", ">"));
    }

    /** Type parameters of a class. */
    static String parameters(ClassModel type) {
        return parameters(signature(type).typeParameters());
    }

    /** What a class extends and implements. */
    static List<String> supertypes(ClassModel type) {
        ClassSignature signature = signature(type);
        return Stream.concat(Stream.of(of(signature.superclassSignature())).filter(name -> !name.equals("java.lang.Object")),
                signature.superinterfaceSignatures().stream().map(Signatures::of)).toList();
    }

    private static ClassSignature signature(ClassModel type) {
        return type.findAttribute(Attributes.signature()).map(attribute -> attribute.asClassSignature())
                .orElseGet(() -> ClassSignature.of(ClassTypeSig.of(type.superclass().orElseThrow().asSymbol()),
                        type.interfaces().stream().map(name -> ClassTypeSig.of(name.asSymbol())).toArray(ClassTypeSig[]::new)));
    }

    static String of(FieldModel field) {
        return of(field.findAttribute(Attributes.signature()).map(attribute -> attribute.asTypeSignature())
                .orElseGet(() -> Signature.of(field.fieldTypeSymbol())))
                + " " + field.fieldName();
    }

    /** @param name how to call it, as a constructor has the name of its class */
    static String of(MethodModel method, String name) {
        MethodSignature signature = method.findAttribute(Attributes.signature()).map(attribute -> attribute.asMethodSignature())
                .orElseGet(() -> MethodSignature.of(method.methodTypeSymbol()));
        List<String> thrown = method.findAttribute(Attributes.exceptions())
                .map(attribute -> attribute.exceptions().stream().map(type -> of(type.asSymbol())).sorted().toList()).orElse(List.of());
        String parameters = parameters(signature.typeParameters());
        return (parameters.isEmpty() ? "" : parameters + " ") + of(signature.result()) + " " + name
                + signature.arguments().stream().map(Signatures::of).collect(Collectors.joining(", ", "(", ")"))
                + (thrown.isEmpty() ? "" : " throws " + String.join(", ", thrown));
    }
}
