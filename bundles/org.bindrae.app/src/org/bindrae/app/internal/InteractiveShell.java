package org.bindrae.app.internal;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

import org.apache.felix.gogo.runtime.CommandNotFoundException;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Function;
import org.bindrae.shell.CommandFailure;
import org.bindrae.shell.Completion;
import org.bindrae.shell.Display;
import org.bindrae.shell.Failures;
import org.bindrae.shell.RunningCommands;
import org.bindrae.shell.Tone;
import org.jline.keymap.KeyMap;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.UserInterruptException;
import org.jline.reader.Widget;
import org.jline.terminal.Terminal;

/**
 * A person at a terminal: reads lines with completion and history, has Gogo run them in a session of its own, and says in one line what went wrong. Several of them may be at one workbench.
 *
 * @param completion asked when it is needed; may give null
 */
record InteractiveShell(CommandProcessor processor, Terminal terminal, Supplier<Completion> completion, Optional<Path> history) {
    private static final List<String> GREETING = List.of("BINDRAE Workbench: help lists the commands, Tab completes, exit leaves.",
            "Gogo reads $ ; | & { [ as its own: quote words that have them or blanks, as in 'my file.pdb'.");

    /** Reads and runs lines until their end. */
    void run() throws IOException {
        PrintStream out = new PrintStream(terminal.output(), true, StandardCharsets.UTF_8);
        try (CommandSession session = processor.createSession(terminal.input(), out, out)) {
            Leaving leaving = new Leaving();
            session.put("SCOPE", "bindrae:gogo:*");
            session.put("exit", leaving);
            session.put("quit", leaving);
            session.put("cd", (Function) (_, _) -> {
                throw new CommandFailure(CommandFailure.USAGE, "commands work in the folder where bindrae was started: leave, and start it in another one");
            });
            RunningCommands running = RunningCommands.watch(session);
            LineReader reader = reader(session);
            // Gogo's commands find the terminal and the reader by these names
            session.put(".terminal", terminal);
            session.put(".reader", reader);
            terminal.handle(Terminal.Signal.INT, _ -> cancel(session, running));
            GREETING.forEach(out::println);
            String line;
            while (!leaving.wanted && (line = read(reader, session)) != null) {
                display().use(session);
                run(line, session, out);
            }
        }
    }

    /** The command by which its person leaves. */
    private static final class Leaving implements Function {
        private volatile boolean wanted;

        @Override
        public Object execute(CommandSession session, List<Object> arguments) {
            wanted = true;
            return null;
        }
    }

    private LineReader reader(CommandSession session) {
        LineReaderBuilder builder = LineReaderBuilder.builder().appName("bindrae").terminal(terminal).parser(new GogoLines())
                .completer((_, line, candidates) -> complete(line, session, candidates)).option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, "… ");
        history.ifPresent(file -> builder.variable(LineReader.HISTORY_FILE, file));
        LineReader reader = builder.build();
        reader.getKeyMaps().get(LineReader.MAIN).bind((Widget) () -> endOrDelete(reader), KeyMap.ctrl('D'));
        return reader;
    }

    /** Ctrl-D, whatever the terminal takes for the end of its input. */
    private static boolean endOrDelete(LineReader reader) {
        if (reader.getBuffer().length() == 0) {
            throw new EndOfFileException();
        }
        reader.callWidget(LineReader.DELETE_CHAR);
        return true;
    }

    /** The next line that is not empty; null at the end of the input. */
    private String read(LineReader reader, CommandSession session) {
        while (true) {
            try {
                String line = reader.readLine(prompt(session.currentDir()));
                if (!line.isBlank()) {
                    return line;
                }
            } catch (UserInterruptException e) {
                // Ctrl-C while typing: a new line
            } catch (EndOfFileException e) {
                return null;
            }
        }
    }

    /** The folder where one is, the home folder as {@code ~}, of a deep one its end. */
    static String prompt(Path folder) {
        Path home = Path.of(System.getProperty("user.home"));
        boolean below = folder.startsWith(home) && home.getNameCount() > 0;
        Path shown = below ? home.relativize(folder) : folder;
        int names = shown.toString().isEmpty() ? 0 : shown.getNameCount();
        String where = names > 2 ? "…/" + shown.subpath(names - 2, names) : !below ? shown.toString() : names == 0 ? "~" : "~/" + shown;
        return "bindrae " + where + "> ";
    }

    private Display display() {
        return terminal.getType().startsWith(Terminal.TYPE_DUMB) ? Display.FILE : Display.terminal(terminal.getWidth());
    }

    private void run(String line, CommandSession session, PrintStream out) {
        try {
            Object result = session.execute(line);
            if (result != null) {
                out.println(session.format(result, Converter.INSPECT));
            }
        } catch (Exception e) {
            session.put("exception", e);
            String text = "bindrae: " + message(e, session).strip().replaceAll("\\s*\\R\\s*", " ");
            out.println(display().colours() ? Tone.BAD.paint(text) : text);
        }
        out.flush();
    }

    private static String message(Exception e, CommandSession session) {
        return switch (e) {
            case CommandFailure failure -> failure.getMessage();
            case CommandNotFoundException unknown -> CommandFailure.unknownCommand(unknown.getCommand(), names(session)).getMessage();
            case InterruptedException _ -> "cancelled";
            default -> Failures.describe(e);
        };
    }

    /** Commands of all scopes without these. */
    private static List<String> names(CommandSession session) {
        return session.get(".commands") instanceof Collection<?> names
                ? names.stream().map(name -> name.toString().substring(name.toString().indexOf(':') + 1)).filter(name -> name.matches("[a-z][a-z-]*"))
                        .distinct()
                        .sorted().toList()
                : List.of();
    }

    /** Ctrl-C while a command runs. */
    private static void cancel(CommandSession session, RunningCommands running) {
        var job = session.foregroundJob();
        if (!running.cancel() && job != null) {
            job.interrupt();
        }
    }

    private void complete(ParsedLine line, CommandSession session, List<Candidate> candidates) {
        Completion known = completion.get();
        List<String> words = line.words().subList(0, line.wordIndex());
        if (known != null) {
            String typed = line.word().substring(0, Math.min(line.wordCursor(), line.word().length()));
            known.proposals(words, typed, session.currentDir()).forEach(proposal -> candidates.add(new Candidate(proposal.value(), proposal.value(),
                    proposal.group().isEmpty() ? null : proposal.group(), proposal.description().isEmpty() ? null : proposal.description(), null, null,
                    proposal.complete())));
        }
        if (words.isEmpty()) {
            List<String> own = candidates.stream().map(Candidate::value).toList();
            names(session).stream().filter(name -> !own.contains(name)).forEach(name -> candidates.add(new Candidate(name, name, "Framework", null, null, null,
                    true)));
        }
    }
}
