package org.bindrae.product.tests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An interactive shell of a product that runs as long as a test wants. */
final class Shell implements AutoCloseable {
    private static final String MARK = "that.was.all";
    private static final long PATIENCE_SECONDS = 300;

    private final Process process;
    private final Writer in;
    private final BufferedReader out;

    Shell(Product product, Path home) throws IOException {
        process = product.command(home).redirectErrorStream(true).start();
        in = process.outputWriter(StandardCharsets.UTF_8);
        out = process.inputReader(StandardCharsets.UTF_8);
        // whoever reads from one that hangs finds the end of its output
        CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
    }

    /** Types a line, and returns what the shell says to it. */
    String type(String line) throws IOException {
        in.write(line + "\necho " + MARK + "\n");
        in.flush();
        StringBuilder said = new StringBuilder();
        String next = out.readLine();
        // a prompt may stand before it
        while (next != null && !next.endsWith(MARK)) {
            said.append(next).append('\n');
            next = out.readLine();
        }
        if (next == null) {
            throw new IOException("the shell has ended: " + said);
        }
        return said.toString();
    }

    /** Leaves the shell; its jobs end with checkpoints. */
    @Override
    public void close() throws IOException {
        in.close();
        try {
            process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
