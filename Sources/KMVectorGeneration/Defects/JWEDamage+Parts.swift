/// Defects of the decoded parts, made after encryption.
extension JWEDamage {
    private static let refused = "authenticationFailed"

    /// The indices of the parts other than the header.
    private static let bodyParts = MadeJWE.partNames.indices.dropFirst()

    static var modifiedParts: [JWEDamage] {
        let bits = bodyParts.map { part in
            changed("a bit of the \(MadeJWE.partNames[part]) is turned") { jwe, source in
                let bit = try source.seeded.index(below: jwe.parts[part].count * 8, "bit")
                jwe.parts[part][bit / 8] ^= 0x80 >> UInt8(bit % 8)
            }
        }
        let lastBits = bodyParts.map { part in
            changed("the last bit of the \(MadeJWE.partNames[part]) is turned") { jwe, _ in
                jwe.parts[part][jwe.parts[part].count - 1] ^= 1
            }
        }
        return bits + lastBits + [
            changed("a space is put into the header") { jwe, _ in
                jwe.parts[MadeJWE.header].insert(UInt8(ascii: " "), at: 1)
            },
            changed("enc is changed in the header") { jwe, source in
                let other = source.draft.key.enc == "A256GCM" ? "A128GCM" : "A256GCM"
                jwe.parts[MadeJWE.header] = Array(source.draft.header.with("enc", "\"\(other)\"").json.utf8)
            },
            changed("a member is added to the header") { jwe, source in
                jwe.parts[MadeJWE.header] = Array(source.draft.header.with("x", "1").json.utf8)
            },
        ]
    }

    static var foreignParts: [JWEDamage] {
        bodyParts.map { part in
            changed("the \(MadeJWE.partNames[part]) of another message") { $0.parts[part] = $1.other.parts[part] }
        } + [
            changed("encrypted key, IV, ciphertext and tag of another message, to another header") { jwe, source in
                jwe.parts = [jwe.parts[MadeJWE.header] + [UInt8(ascii: " ")]] + source.other.parts.dropFirst()
            }
        ]
    }

    static var partSizes: [JWEDamage] {
        bodyParts.flatMap { part in
            let name = MadeJWE.partNames[part]
            // A wrong size of IV or tag is visible without a key, and so is an empty encrypted key.
            let error = part == MadeJWE.iv || part == MadeJWE.tag ? "malformedJWE" : refused
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
                    part == MadeJWE.encryptedKey ? "malformedJWE" : error
                ) { jwe, _ in jwe.parts[part] = [] },
            ]
        }
    }

    static var exchangedParts: [JWEDamage] {
        [
            (MadeJWE.iv, MadeJWE.tag, "malformedJWE"), (MadeJWE.ciphertext, MadeJWE.tag, "malformedJWE"),
            (MadeJWE.iv, MadeJWE.ciphertext, "malformedJWE"), (MadeJWE.encryptedKey, MadeJWE.ciphertext, refused),
        ].map { left, right, error in
            let names = "\(MadeJWE.partNames[left]) and \(MadeJWE.partNames[right])"
            return changed("\(names) exchanged", "ModifiedPart", error) { jwe, _ in jwe.parts.swapAt(left, right) }
        }
    }

    private static func changed(
        _ comment: String,
        _ flag: String = "ModifiedPart",
        _ error: String = refused,
        _ change: @escaping (inout MadeJWE, Source) throws -> Void
    ) -> JWEDamage {
        JWEDamage(comment, flag, error) { source in
            var jwe = try source.draft.made()
            try change(&jwe, source)
            return jwe.text
        }
    }
}
