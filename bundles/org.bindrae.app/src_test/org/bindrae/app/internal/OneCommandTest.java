package org.bindrae.app.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.bindrae.shell.CommandFailure;
import org.junit.jupiter.api.Test;

class OneCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(Function command, String... words) {
        Map<String, Object> variables = Map.of(".commands", List.of("bindrae:known", "gogo:other"), "bindrae:known", command);
        CommandSession session = (CommandSession) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {CommandSession.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "get" -> variables.get(arguments[0]);
                    case "format" -> String.valueOf(arguments[0]);
                    default -> throw new UnsupportedOperationException(method.getName());
                });
        return new OneCommand(session, stream(out), stream(err)).run(List.of(words));
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aCommandGetsItsWordsAndSucceeds() {
        assertEquals(0, run((session, words) -> words, "known", "a b", "$c;", ""));
        assertEquals("[a b, $c;, ]\n", text(out));
        assertEquals("", text(err));
    }

    @Test
    void aFailureIsOneLineWithItsOwnStatus() {
        int status = run((session, words) -> {
            throw new InvocationTargetException(new CommandFailure(7, "first line\n  second line"));
        }, "known");
        assertEquals(7, status);
        assertEquals("bindrae: first line second line\n", text(err));
    }

    @Test
    void whatNoCommandExpectsIsOurFault() {
        int status = run((session, words) -> {
            throw new StackOverflowError();
        }, "known");
        assertEquals(1, status);
        assertEquals("bindrae: internal error, please report it with the output of --verbose: java.lang.StackOverflowError\n", text(err));
    }

    @Test
    void theNearestCommandIsProposed() {
        assertEquals(2, run((session, words) -> null, "konwn"));
        assertEquals("bindrae: there is no command 'konwn'; did you mean 'known'? (see: help)\n", text(err));
    }

    @Test
    void commandsOfOtherScopesAndNoCommandAreErrorsOfUsage() {
        assertEquals(2, run((session, words) -> null, "other"));
        assertEquals(2, run((session, words) -> null));
        assertEquals("bindrae: there is no command 'other'; known here: known (see: help)\nbindrae: which command? The commands are: known\n", text(err));
    }
}
