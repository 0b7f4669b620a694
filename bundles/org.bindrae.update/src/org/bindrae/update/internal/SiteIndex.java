package org.bindrae.update.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

import org.tukaani.xz.XZInputStream;

/**
 * The index of a site, fetched into a folder, where p2 reads it as a local repository: {@code content.xml}, which says what there is to install, and
 * {@code artifacts.xml}, which has the SHA-256 of every file. Who accepts the index therefore accepts certain bytes and no others, however they travel.
 *
 * @param folder with the two files
 * @param fingerprint SHA-256, in hexadecimal digits, of {@code content.xml} followed by {@code artifacts.xml}
 * @param signer who signed both files with jarsigner, or null
 */
record SiteIndex(Path folder, String fingerprint, X509Certificate signer) {
    private static final String CONTENT = "content";
    private static final String ARTIFACTS = "artifacts";
    /** PGP signatures of single files: the trust in the index stands for them. */
    private static final String PGP = "<property name=['\"]pgp\\.[^>]*>";

    private record IndexFile(byte[] xml, X509Certificate signer) {
    }

    /**
     * Fetches the index.
     *
     * @param location of the site, for messages
     * @param folder empty
     * @throws IOException if the site cannot be reached, is no p2 repository, or a damaged one
     */
    static SiteIndex fetch(SiteSource source, String location, Path folder) throws IOException {
        IndexFile content = read(source, location, CONTENT, folder);
        IndexFile artifacts = read(source, location, ARTIFACTS, folder);
        Files.write(folder.resolve(CONTENT + ".xml"), content.xml());
        Files.writeString(folder.resolve(ARTIFACTS + ".xml"), new String(artifacts.xml(), StandardCharsets.UTF_8).replaceAll(PGP, ""));
        return new SiteIndex(folder, sha256(content.xml(), artifacts.xml()),
                content.signer() != null && content.signer().equals(artifacts.signer()) ? content.signer() : null);
    }

    /** What a user accepts: the signer's certificate where there is one, or else this very index. */
    String identity() {
        try {
            return signer == null ? "sha256:" + fingerprint : "signer:" + sha256(signer.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** {@link #identity()} in words. */
    String description() {
        return signer == null ? "unsigned" : "signed by " + signer.getSubjectX500Principal();
    }

    private static IndexFile read(SiteSource source, String location, String name, Path folder) throws IOException {
        Path copy = folder.resolve(name + ".part");
        for (String form : new String[] {".jar", ".xml.xz", ".xml"}) {
            try {
                source.copy(name + form, copy);
            } catch (NoSuchFileException e) {
                continue;
            }
            try {
                return decode(copy, name + ".xml", form);
            } catch (IOException | SecurityException e) {
                throw new IOException(location + ": its " + name + form + " is damaged: " + e.getMessage(), e);
            } finally {
                Files.delete(copy);
            }
        }
        throw new IOException(location + ": is no p2 repository, it has neither " + name + ".jar nor " + name + ".xml"
                + " (of a site that is made of others, name these)");
    }

    private static IndexFile decode(Path file, String entryName, String form) throws IOException {
        if (!form.equals(".jar")) {
            try (InputStream in = Files.newInputStream(file); InputStream xml = form.equals(".xml") ? in : new XZInputStream(in)) {
                return new IndexFile(xml.readAllBytes(), null);
            }
        }
        // reading an entry to its end checks its signature
        try (JarFile jar = new JarFile(file.toFile(), true)) {
            JarEntry entry = jar.getJarEntry(entryName);
            if (entry == null) {
                throw new IOException("there is no " + entryName + " in the jar of that name");
            }
            byte[] xml;
            try (InputStream in = jar.getInputStream(entry)) {
                xml = in.readAllBytes();
            }
            CodeSigner[] signers = entry.getCodeSigners();
            boolean signed = signers != null && signers.length == 1;
            return new IndexFile(xml, signed ? (X509Certificate) signers[0].getSignerCertPath().getCertificates().getFirst() : null);
        }
    }

    private static String sha256(byte[]... parts) {
        MessageDigest digest = digest();
        for (byte[] part : parts) {
            digest.update(part);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** SHA-256 of a file, in hexadecimal digits. */
    static String sha256(Path file) throws IOException {
        MessageDigest digest = digest();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
