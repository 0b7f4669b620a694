package org.bindrae.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

import org.bindrae.tensor.io.AtomicFiles;
import org.bindrae.tensor.io.FormatVersions;

/**
 * Prepared samples in one compressed file: a mark and the format's version, a block per sample, the index of the blocks, its length and checksum. Positions of
 * protein and surroundings are those of the samples to 0.005 Å, everything else is the same; because of that difference packed samples have hashes of their own.
 * Only the index is held in memory, a sample is read when it is asked for. Thread-safe.
 */
public final class SamplePack implements SampleSource {
    private static final byte[] MARK = "BDR-PACK".getBytes(StandardCharsets.US_ASCII);
    private static final FormatVersions<byte[]> VERSIONS = new FormatVersions<>(List.of());
    private static final int HEAD = MARK.length + Integer.BYTES;
    private static final int CHECKSUM = 32;
    private static final int FOOT = Integer.BYTES + CHECKSUM;
    private static final String DAMAGED = "; make the pack again with: prepare --pack";

    private final Path file;
    private final SortedMap<String, Block> blocks = new TreeMap<>();

    /** Where a sample is. */
    private record Block(Entry entry, long offset, int length, String checksum) {
    }

    /** @param index as {@link #index} makes it */
    private SamplePack(Path file, byte[] index) throws IOException {
        this.file = file;
        ColumnReader columns = new ColumnReader(index);
        List<String> ids = columns.names();
        List<String> hashes = columns.names();
        List<String> checksums = columns.names();
        int[] residues = columns.ints();
        int[] lengths = columns.ints();
        boolean uneven = Stream.of(hashes.size(), checksums.size(), residues.length, lengths.length).anyMatch(size -> size != ids.size());
        if (uneven || !ids.stream().allMatch(SampleId::isValid)) {
            throw new IOException(file + ": damaged, its index is not one of samples" + DAMAGED);
        }
        long offset = HEAD;
        for (int i = 0; i < ids.size(); i++) {
            blocks.put(ids.get(i), new Block(new Entry(ids.get(i), residues[i], hashes.get(i)), offset, lengths[i], checksums.get(i)));
            offset += lengths[i];
        }
    }

    private static byte[] index(List<Block> blocks) {
        return new ColumnWriter().names(blocks.stream().map(block -> block.entry().id()).toList())
                .names(blocks.stream().map(block -> block.entry().hash()).toList()).names(blocks.stream().map(Block::checksum).toList())
                .ints(blocks.stream().mapToInt(block -> block.entry().residues()).toArray()).ints(blocks.stream().mapToInt(Block::length).toArray())
                .toBytes();
    }

    /**
     * Packs samples, complete or not at all.
     *
     * @param ids of the samples, each once
     * @throws IOException naming the file, when a sample cannot be read or the pack not be written
     * @throws CancellationException when the thread was interrupted; what was there before stays
     */
    public static void write(Path file, SampleCache samples, List<String> ids, ProgressListener listener) throws IOException {
        AtomicFiles.write(file, out -> {
            byte[] head = ByteBuffer.allocate(HEAD).put(MARK).putInt(VERSIONS.current()).array();
            out.write(head);
            List<Block> blocks = new ArrayList<>();
            long offset = HEAD;
            for (String id : ids) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new CancellationException("packing stopped after " + blocks.size() + " of " + ids.size() + " samples");
                }
                Sample sample = samples.read(id);
                byte[] bytes = packed(sample);
                out.write(bytes);
                String hash = new SampleHash().add("packed", sample.hash()).hex();
                blocks.add(new Block(new Entry(id, sample.residues().size(), hash), offset, bytes.length, checksum(id, bytes)));
                offset += bytes.length;
                listener.progress(blocks.size(), ids.size(), "samples", "");
            }
            byte[] index = index(blocks);
            out.write(index);
            out.write(ByteBuffer.allocate(FOOT).putInt(index.length).put(HexFormat.of().parseHex(indexChecksum(head, index))).array());
        });
    }

    private static byte[] packed(Sample sample) throws IOException {
        try {
            return PackedSample.pack(sample);
        } catch (IOException e) {
            throw new IOException("sample " + sample.id() + ": " + e.getMessage(), e);
        }
    }

    private static String checksum(String id, byte[] block) {
        return new SampleHash().add(id, block).hex();
    }

    private static String indexChecksum(byte[] head, byte[] index) {
        return new SampleHash().add("head", head).add("index", index).hex();
    }

    /** Whether a file begins as packs do. */
    public static boolean isPack(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return isHead(head(channel));
        }
    }

    private static byte[] head(FileChannel channel) throws IOException {
        return bytes(channel, 0, (int) Math.min(HEAD, channel.size()));
    }

    private static boolean isHead(byte[] head) {
        return head.length == HEAD && Arrays.equals(head, 0, MARK.length, MARK, 0, MARK.length);
    }

    /**
     * Opens a pack. The file may be replaced by another under its name afterwards; samples that are no longer the same are then refused.
     *
     * @throws IOException naming the file, when it is no pack, of a newer version or damaged
     */
    public static SamplePack open(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            byte[] head = head(channel);
            if (!isHead(head)) {
                throw new IOException(file + ": not a folder or packed file of prepared samples");
            }
            VERSIONS.upToDate(file.toString(), Integer.toString(ByteBuffer.wrap(head, MARK.length, Integer.BYTES).getInt()), head);
            ByteBuffer foot = ByteBuffer.wrap(bytes(channel, Math.max(HEAD, channel.size() - FOOT), FOOT));
            int length = foot.getInt();
            String expected = HexFormat.of().formatHex(foot.array(), Integer.BYTES, FOOT);
            byte[] index = bytes(channel, channel.size() - FOOT - length, length);
            if (!indexChecksum(head, index).equals(expected)) {
                throw new IOException(file + ": damaged, the checksum of its index differs" + DAMAGED);
            }
            return new SamplePack(file, index);
        } catch (EOFException e) {
            throw new IOException(file + ": damaged, it ends early" + DAMAGED, e);
        }
    }

    /** @throws EOFException when the file does not have all of them */
    private static byte[] bytes(FileChannel channel, long offset, int length) throws IOException {
        if (offset < 0 || length < 0 || length > channel.size() - offset) {
            throw new EOFException();
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, offset + bytes.position()) < 0) {
                throw new EOFException();
            }
        }
        return bytes.array();
    }

    @Override
    public Path path() {
        return file;
    }

    @Override
    public List<String> ids() {
        return List.copyOf(blocks.keySet());
    }

    @Override
    public boolean has(String id) {
        return blocks.containsKey(id);
    }

    @Override
    public Entry entry(String id) throws IOException {
        return block(id).entry();
    }

    @Override
    public Sample read(String id) throws IOException {
        Block block = block(id);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            byte[] bytes = bytes(channel, block.offset(), block.length());
            if (!checksum(id, bytes).equals(block.checksum())) {
                throw new IOException(file + ": the sample " + id + " is damaged, its checksum differs" + DAMAGED);
            }
            return unpacked(block.entry(), bytes);
        } catch (EOFException e) {
            throw new IOException(file + ": the sample " + id + " is damaged, the file ends early" + DAMAGED, e);
        }
    }

    private Sample unpacked(Entry entry, byte[] bytes) throws IOException {
        try {
            return PackedSample.unpack(entry.id(), entry.hash(), bytes);
        } catch (IOException e) {
            throw new IOException(file + ": the sample " + entry.id() + " is damaged: " + e.getMessage() + DAMAGED, e);
        }
    }

    private Block block(String id) throws IOException {
        Block block = blocks.get(id);
        if (block == null) {
            throw new IOException(file + ": no sample " + id);
        }
        return block;
    }
}
