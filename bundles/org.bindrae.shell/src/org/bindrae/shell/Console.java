package org.bindrae.shell;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Process;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;

/**
 * Where a command writes: results to {@link #out()}, progress and warnings to {@link #err()}. What a command lists it prints as a {@link Table}; with {@code --json} lines are left out, and
 * the tables and values are one JSON document: an array for a table alone, otherwise an object.
 */
public final class Console {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final CommandSession session;
    private final PrintStream out;
    private final PrintStream err;
    private final Display display;
    private final boolean json;
    private final Map<String, Object> object = new LinkedHashMap<>();
    private Table array;

    /** @param json whether results are JSON */
    Console(CommandSession session, PrintStream out, PrintStream err, Display display, boolean json) {
        this.session = session;
        this.out = out;
        this.err = err;
        this.display = display;
        this.json = json;
    }

    /** The console of a session for the command that the calling thread runs: terminal, pipe or file. */
    static Console of(CommandSession session, boolean json) {
        Display display = Display.of(session);
        Process process = Process.Utils.current();
        if (process == null) {
            return new Console(session, session.getConsole(), System.err, display, json);
        }
        // not by way of Gogo's channels, which an interrupted thread would close for the whole session
        boolean shown = process.isTty(1);
        PrintStream err = display.live() && process.isTty(2) ? session.getConsole() : process.err();
        return shown ? new Console(session, session.getConsole(), err, display, json)
                : new Console(session, process.out(), err, new Display(0, false, display.live()), json);
    }

    /** For a command that runs others. */
    public CommandSession session() {
        return session;
    }

    public PrintStream out() {
        return out;
    }

    public PrintStream err() {
        return err;
    }

    public Display display() {
        return display;
    }

    /** Whether results are JSON. */
    public boolean json() {
        return json;
    }

    /** A line for people; not in JSON. */
    public void println(String line) {
        if (!json) {
            out.println(line);
        }
    }

    /** The only thing that a command lists, in JSON an array. An empty table is an empty array, and not shown to people. */
    public void print(Table table) {
        array = table;
        show(table);
    }

    /** One of the things that a command lists, in JSON the array of that name. An empty table is an empty array, and not shown to people. */
    public void print(String name, Table table) {
        object.put(name, table);
        show(table);
    }

    private void show(Table table) {
        if (!json && !table.isEmpty()) {
            out.println(table.text(display));
        }
    }

    /** A value of the JSON object: number, text, list, map. People read it in a line. */
    public void put(String name, Object value) {
        object.put(name, value);
    }

    /** What was listed so far, as JSON. */
    public String document() {
        try {
            return JSON.writeValueAsString(Table.json(array != null ? array : object));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Prints the JSON document, if there is anything in it. */
    void end() {
        if (json && (array != null || !object.isEmpty())) {
            out.println(document());
        }
    }

    /** A line on the error stream. */
    public void warn(String line) {
        err.println(line);
    }

    public Progress progress(String what) {
        return new Progress(err, display, what, System::nanoTime);
    }
}
