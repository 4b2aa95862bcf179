/// Defects of the decoded parts, made after encryption.
extension JWEDefect {
    private static let rejected = "authenticationFailed"

    /// The indices of the parts other than the header.
    private static let bodyParts = JWEParts.partNames.indices.dropFirst()

    static var modifiedParts: [JWEDefect] {
        let bits = bodyParts.map { part in
            changed("a bit of the \(JWEParts.partNames[part]) is turned") { jwe, source in
                let bit = try source.seeded.index(below: jwe.parts[part].count * 8, "bit")
                jwe.parts[part][bit / 8] ^= 0x80 >> UInt8(bit % 8)
            }
        }
        let lastBits = bodyParts.map { part in
            changed("the last bit of the \(JWEParts.partNames[part]) is turned") { jwe, _ in
                jwe.parts[part][jwe.parts[part].count - 1] ^= 1
            }
        }
        return bits + lastBits + [
            changed("a space is put into the header") { jwe, _ in
                jwe.parts[JWEParts.header].insert(UInt8(ascii: " "), at: 1)
            },
            changed("enc is changed in the header") { jwe, source in
                let other = source.draft.key.enc == "A256GCM" ? "A128GCM" : "A256GCM"
                jwe.parts[JWEParts.header] = Array(source.draft.header.with("enc", "\"\(other)\"").json.utf8)
            },
            changed("a member is added to the header") { jwe, source in
                jwe.parts[JWEParts.header] = Array(source.draft.header.with("x", "1").json.utf8)
            },
        ]
    }

    static var foreignParts: [JWEDefect] {
        bodyParts.map { part in
            changed("the \(JWEParts.partNames[part]) of another message") { $0.parts[part] = $1.other.parts[part] }
        } + [
            changed("encrypted key, IV, ciphertext and tag of another message, to another header") { jwe, source in
                jwe.parts = [jwe.parts[JWEParts.header] + [UInt8(ascii: " ")]] + source.other.parts.dropFirst()
            }
        ]
    }

    static var partSizes: [JWEDefect] {
        bodyParts.flatMap { part in
            let name = JWEParts.partNames[part]
            // A wrong size of IV or tag is visible without a key, and so is an empty encrypted key.
            let error = part == JWEParts.iv || part == JWEParts.tag ? "malformedJWE" : rejected
            return [
                changed("the \(name) without its last byte", "PartSize", error) { jwe, _ in
                    jwe.parts[part].removeLast()
                },
                changed("the \(name) with a byte more", "PartSize", error) { jwe, source in
                    jwe.parts[part] += try source.seeded.bytes(1, "byte")
                },
                changed(
                    "the \(name) is empty",
                    "PartSize",
                    part == JWEParts.encryptedKey ? "malformedJWE" : error
                ) { jwe, _ in jwe.parts[part] = [] },
            ]
        }
    }

    static var exchangedParts: [JWEDefect] {
        [
            (JWEParts.iv, JWEParts.tag, "malformedJWE"), (JWEParts.ciphertext, JWEParts.tag, "malformedJWE"),
            (JWEParts.iv, JWEParts.ciphertext, "malformedJWE"), (JWEParts.encryptedKey, JWEParts.ciphertext, rejected),
        ].map { left, right, error in
            let names = "\(JWEParts.partNames[left]) and \(JWEParts.partNames[right])"
            return changed("\(names) exchanged", "ModifiedPart", error) { jwe, _ in jwe.parts.swapAt(left, right) }
        }
    }

    private static func changed(
        _ comment: String,
        _ flag: String = "ModifiedPart",
        _ error: String = rejected,
        _ change: @escaping @Sendable (inout JWEParts, Source) throws -> Void
    ) -> JWEDefect {
        JWEDefect(comment, flag, error) { source in
            var jwe = try source.draft.encrypted()
            try change(&jwe, source)
            return jwe.text
        }
    }
}
