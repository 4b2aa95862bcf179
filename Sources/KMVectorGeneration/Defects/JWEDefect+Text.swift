internal import KMJOSE

/// Defects of the compact serialization, made in its text.
extension JWEDefect {
    static var cuts: [JWEDefect] {
        JWEParts.partNames.indices.map { part in
            edited("cut in the \(JWEParts.partNames[part])", "Structure") { parts, source in
                let kept = try source.seeded.index(below: parts[part].count, "characters")
                parts = parts.prefix(part) + [String(parts[part].prefix(kept))]
            }
        }
    }

    static var structures: [JWEDefect] {
        JWEParts.partNames.indices.map { part in
            edited("the \(JWEParts.partNames[part]) is missing, with its full stop", "Structure") { parts, _ in
                parts.remove(at: part)
            }
        } + [
            edited("a sixth part", "Structure") { parts, source in parts.append(try text(source, 16)) },
            edited("a full stop behind it", "Structure") { parts, _ in parts.append("") },
            edited("a full stop before it", "Structure") { parts, _ in parts.insert("", at: 0) },
            edited("the header is empty", "Structure") { parts, _ in parts[0] = "" },
            edited("nothing", "Structure") { parts, _ in parts = [] },
            edited("four full stops", "Structure") { parts, _ in parts = ["", "", "", "", ""] },
        ]
    }

    static var encodings: [JWEDefect] {
        let pads = JWEParts.partNames.indices.map { part in
            edited("a pad behind the \(JWEParts.partNames[part])", "Encoding") { parts, _ in parts[part] += "=" }
        }
        // The last characters of these parts hold only two bits: 256 and 16 bytes are one more than a multiple of 3.
        let strayBits = [JWEParts.encryptedKey, JWEParts.tag].map { part in
            edited("stray bits behind the \(JWEParts.partNames[part])", "Encoding") { parts, source in
                parts[part] = withStrayBits(parts[part], try source.seeded.index(below: 15, "bits") + 1)
            }
        }
        let characters = [
            ("the standard alphabet's plus sign", "+"), ("the standard alphabet's slash", "/"), ("a line feed", "\n"),
            ("a space", " "), ("a zero character", "\0"), ("a letter beyond ASCII", "é"), ("a pad", "="),
        ].map { name, character in
            edited("\(name) in a part", "Encoding") { parts, source in
                let part = try source.seeded.index(below: parts.count, "part")
                var text = Array(parts[part])
                text[try source.seeded.index(below: text.count, "place")] = Character(character)
                parts[part] = String(text)
            }
        }
        return pads + strayBits + characters + [
            edited("a space before it", "Encoding") { parts, _ in parts[0] = " " + parts[0] },
            edited("a line feed behind it", "Encoding") { parts, _ in parts[4] += "\n" },
            edited("a part of 4n + 1 characters, which no bytes have", "Encoding") { parts, _ in parts[2] += "A" },
        ]
    }

    /// Returns the text with some of the four unused bits of its last character set.
    private static func withStrayBits(_ text: String, _ bits: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = text.last.flatMap(alphabet.firstIndex) ?? 0
        return text.dropLast() + String(alphabet[last | bits])
    }

    private static func text(_ source: Source, _ count: Int) throws -> String {
        Base64.url.encode(try source.seeded.bytes(count, "text"))
    }

    private static func edited(
        _ comment: String,
        _ flag: String,
        _ edit: @escaping @Sendable (inout [String], Source) throws -> Void
    ) -> JWEDefect {
        JWEDefect(comment, flag, "malformedJWE") { source in
            var parts = try source.draft.encrypted().encoded
            try edit(&parts, source)
            return parts.joined(separator: ".")
        }
    }
}
