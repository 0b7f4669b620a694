package org.biojava.nbio.structure.xtal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import javax.vecmath.Matrix4d;
import javax.vecmath.Vector3d;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * The space group table of BioJava, in place of the class of this name in biojava-structure ({@code .} is first on Bundle-ClassPath). The original reads the same file through JAXB,
 * which needs java.desktop, and ends the process when that fails.
 */
public final class SymoplibParser {
    private static final String FILE = "org/biojava/nbio/structure/xtal/spacegroups.xml";
    private static final TreeMap<Integer, SpaceGroup> GROUPS = table();
    private static final Map<String, SpaceGroup> BY_NAME = byName(GROUPS);

    private SymoplibParser() {
    }

    private static TreeMap<Integer, SpaceGroup> table() {
        try (InputStream in = SymoplibParser.class.getClassLoader().getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IOException(FILE + " is not in this bundle");
            }
            return parseSpaceGroupsXML(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, SpaceGroup> byName(TreeMap<Integer, SpaceGroup> groups) {
        Map<String, SpaceGroup> names = new HashMap<>();
        for (SpaceGroup group : groups.values()) {
            names.put(group.getShortSymbol(), group);
            if (group.getAltShortSymbol() != null) {
                names.put(group.getAltShortSymbol(), group);
            }
        }
        return names;
    }

    /** The space group of this number; null when there is none. */
    public static SpaceGroup getSpaceGroup(int id) {
        return GROUPS.get(id);
    }

    /** The space group of this name as in CRYST1 records, for example "P 21 21 21"; null when there is none. */
    public static SpaceGroup getSpaceGroup(String name) {
        if (name == null || name.length() <= 2) {
            return null;
        }
        String symbol = name.equals("P 1-") ? "P -1" : name;
        return BY_NAME.get(symbol.substring(0, 1) + symbol.substring(1).toLowerCase(Locale.ROOT));
    }

    /** All space groups by number. */
    public static TreeMap<Integer, SpaceGroup> getAllSpaceGroups() {
        return GROUPS;
    }

    /** Reads a space group table in the format of BioJava's own. */
    public static TreeMap<Integer, SpaceGroup> parseSpaceGroupsXML(InputStream in) throws IOException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        TreeMap<Integer, SpaceGroup> groups = new TreeMap<>();
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(in);
            while (reader.hasNext()) {
                if (reader.next() == XMLStreamConstants.START_ELEMENT && reader.getLocalName().equals("SpaceGroup")) {
                    SpaceGroup group = group(reader);
                    groups.put(group.getId(), group);
                }
            }
        } catch (XMLStreamException e) {
            throw new IOException("space group table: " + e.getMessage(), e);
        }
        return groups;
    }

    private static SpaceGroup group(XMLStreamReader reader) throws XMLStreamException {
        Map<String, String> values = new HashMap<>();
        List<String> operators = new ArrayList<>();
        while (reader.next() != XMLStreamConstants.END_ELEMENT || !reader.getLocalName().equals("SpaceGroup")) {
            if (reader.getEventType() != XMLStreamConstants.START_ELEMENT || reader.getLocalName().equals("transfAlgebraic")) {
                continue;
            }
            String name = reader.getLocalName();
            String text = reader.getElementText();
            if (name.equals("item")) {
                operators.add(text);
            } else {
                values.put(name, text);
            }
        }
        SpaceGroup group = new SpaceGroup(Integer.parseInt(values.get("id")), Integer.parseInt(values.get("multiplicity")),
                Integer.parseInt(values.get("primitiveMultiplicity")), values.get("shortSymbol"), values.get("altShortSymbol"),
                BravaisLattice.valueOf(values.get("bravLattice")));
        operators.forEach(group::addTransformation);
        // the constructor leaves this array empty, and initializeCellTranslations() takes that for done
        Vector3d[] translations = group.getCellTranslations();
        translations[0] = new Vector3d();
        for (int i = 1; i < translations.length; i++) {
            Matrix4d operator = group.getTransformation(i * group.getPrimitiveMultiplicity());
            translations[i] = new Vector3d(operator.m03, operator.m13, operator.m23);
        }
        return group;
    }
}
