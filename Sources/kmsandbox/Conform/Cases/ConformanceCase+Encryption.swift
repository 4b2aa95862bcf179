#if Sandbox
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire

/// Messages whose JWE has one defect: those of the vectors, made anew for the server's key.
extension ConformanceCase {
    static let encryption = [
        defects(
            "jwe-tag",
            "The server rejects a message whose authentication tag is wrong.",
            fault: "the server does not check the authentication tag"
        ) { $0.flag == "ModifiedPart" && $0.comment.hasSuffix("tag is turned") },
        defects(
            "jwe-header-changed",
            "The server rejects a message whose protected header was changed after encryption.",
            fault: "the associated data is not the header as received, but one that the server wrote anew, or none",
            requires: ["jwe-tag"]
        ) { $0.flag == "ModifiedPart" && $0.comment.hasSuffix("header") },
        defects(
            "jwe-part-changed",
            "The server rejects a message whose encrypted key, IV or ciphertext was changed or comes from another one.",
            fault: "the server does not authenticate all parts of a message",
            requires: ["jwe-tag"]
        ) {
            $0.flag == "ModifiedPart" && !$0.comment.hasSuffix("header") && !$0.comment.hasSuffix("tag is turned")
        },
        defects(
            "jwe-part-size",
            "The server rejects a message in which a part has a byte more or less, or none.",
            fault: "the server accepts an authentication tag or an IV of another size",
            requires: ["jwe-tag"]
        ) { $0.flag == "PartSize" },
        shortTags,
        // A tag that is cut has another size, for which there are other cases.
        defects(
            "jwe-structure",
            "The server rejects a message of four or six parts, or with an empty header.",
            fault: "the server does not count the parts of a message"
        ) { $0.flag == "Structure" && $0.comment != "cut in the tag" },
        defects(
            "jwe-base64url",
            "The server rejects a part that is not canonical base64url without padding.",
            fault: "the server's base64url decoder is lenient: it ignores padding, stray bits or other characters"
        ) { $0.flag == "Encoding" },
        defects(
            "jwe-header-json",
            "The server rejects a protected header that is not one JSON object with unique members of the right types.",
            fault: "the server's parser of the protected header is lenient, for example with duplicate members"
        ) { $0.flag == "HeaderJson" },
        defects(
            "jwe-kid",
            "The server rejects a message whose kid differs from X-KM-Crypto-Key-Id.",
            fault: "the server does not compare kid with X-KM-Crypto-Key-Id"
        ) { $0.flag == "KeyId" },
        defects(
            "jwe-alg",
            "The server rejects a message whose alg is not RSA-OAEP-256, whatever the key is encrypted with.",
            fault: "the server ignores alg"
        ) { $0.flag == "Algorithm" && $0.comment.hasPrefix("alg") },
        defects(
            "jwe-enc",
            "The server rejects a message whose enc is not A128GCM or A256GCM, whatever the content is encrypted with.",
            fault: "the server ignores enc, and chooses the algorithm by the size of the key"
        ) { $0.flag == "Algorithm" && $0.comment.hasPrefix("enc") },
        keySizes,
        sha1,
        pkcs1,
        direct,
        zip,
        defects(
            "jwe-crit",
            "The server rejects a message with crit, since it understands no critical members.",
            fault: "the server ignores crit"
        ) { $0.flag == "Extension" && $0.comment.hasPrefix("crit") },
        defects(
            "jwe-content-key",
            "The server rejects a message whose encrypted key does not decrypt, or to a key that enc does not allow.",
            fault: "the server accepts a key in another form than RSA-OAEP-256 of the right size"
        ) { $0.flag == "ContentKey" || $0.flag == "OtherKey" },
    ]

    /// A case for the defects of the vectors that `isOurs` selects.
    private static func defects(
        _ name: String,
        _ expected: String,
        fault: String,
        requires: [String] = [],
        _ isOurs: @escaping @Sendable (JWEDefect) -> Bool
    ) -> ConformanceCase {
        ConformanceCase(name, .jwe, expected, fault: fault, requires: requires) { session in
            let defects = JWEDefect.all.filter(isOurs)
            guard !defects.isEmpty else { return .skipped("the vectors have no such defect") }
            let seeded = try SeededBytes(seed: CryptoKeyID.random().text)
            var calls: [(String, TestCall)] = []
            for defect in defects {
                let target = DefectTarget(
                    draft: try session.maker.message(),
                    other: try session.maker.message().encrypted(),
                    key: session.maker.recipient,
                    otherKey: try await session.stranger()
                )
                let jwe = try defect.message(target.source(seeded.scope(defect.comment)))
                calls.append((defect.comment, try session.maker.call(jwe: jwe)))
            }
            return await session.rejects(calls)
        }
    }

    private static let shortTags = ConformanceCase(
        "jwe-tag-cut",
        .jwe,
        "The server rejects a tag that is cut to 12, 8 or 4 bytes, even if these are right.",
        fault: "the server lets the length of the tag decide how many bytes are compared",
        requires: ["jwe-tag", "jwe-part-size"]
    ) { session in
        var calls: [(String, TestCall)] = []
        for count in [12, 8, 4] {
            var jwe = try session.maker.message().encrypted()
            jwe.parts[JWEParts.tag] = Array(jwe.parts[JWEParts.tag].prefix(count))
            calls.append(("\(count) bytes", try session.maker.call(jwe: jwe.text)))
        }
        return await session.rejects(calls)
    }

    private static let keySizes = ConformanceCase(
        "jwe-enc-key-size",
        .jwe,
        "The server rejects a content encryption key that is not of the size that enc requires.",
        fault: "the server chooses AES-128 or AES-256 by the size of the key, and not by enc",
        requires: ["jwe-enc"]
    ) { session in
        var calls: [(String, TestCall)] = []
        for (enc, other) in [("A128GCM", "A256GCM"), ("A256GCM", "A128GCM")] {
            var draft = try session.maker.message()
            draft.key = try session.maker.contentKey(enc)
            draft.header = .message(other, kid: nil)
            calls.append(("\(other) with the key of \(enc)", try session.maker.call(jwe: draft.encrypted().text)))
        }
        return await session.rejects(calls)
    }

    private static let sha1 = ConformanceCase(
        "jwe-alg-rsa-oaep",
        .jwe,
        "The server rejects RSA-OAEP with SHA-1.",
        fault: "the server accepts RSA-OAEP with SHA-1 besides RSA-OAEP-256"
    ) { session in
        var draft = try session.maker.message()
        let encrypted = try OAEPEncryption.encrypt(
            draft.key.bytes,
            to: session.maker.recipient,
            SeededBytes(seed: CryptoKeyID.random().text),
            hash: .insecureSHA1
        )
        draft.key = GeneratedContentKey(draft.key, encrypted: encrypted)
        draft.header = draft.header.with("alg", "\"RSA-OAEP\"")
        return await session.rejects(try session.maker.call(jwe: draft.encrypted().text))
    }

    private static let pkcs1 = ConformanceCase(
        "jwe-alg-rsa1_5",
        .jwe,
        "The server rejects RSA1_5, RSA with PKCS #1 v1.5 padding.",
        fault: "the server accepts RSA1_5, which lets an attacker decrypt messages (Bleichenbacher)"
    ) { session in
        var draft = try session.maker.message()
        let exponentiation = try session.maker.recipient.exponentiation()
        let count = exponentiation.byteCount - draft.key.bytes.count - 3
        let padding = try SecureRandom.bytes(count).map { $0 == 0 ? 1 : $0 }
        let encrypted = exponentiation.power([0, 2] + padding + [0] + draft.key.bytes)
        draft.key = GeneratedContentKey(draft.key, encrypted: encrypted)
        draft.header = draft.header.with("alg", "\"RSA1_5\"")
        return await session.rejects(try session.maker.call(jwe: draft.encrypted().text))
    }

    private static let direct = ConformanceCase(
        "jwe-alg-dir",
        .jwe,
        "The server rejects a message whose content encryption key is not encrypted to it.",
        fault: "the server accepts the algorithm dir, with which anyone can make messages"
    ) { session in
        var calls: [(String, TestCall)] = []
        let zeros = [UInt8](repeating: 0, count: 32)
        let random = try SecureRandom.bytes(32)
        for (label, key, encrypted) in [("a key of zeros", zeros, []), ("the key in the clear", random, random)] {
            var draft = try session.maker.message()
            draft.key = GeneratedContentKey(enc: "A256GCM", bytes: key, encrypted: encrypted)
            draft.header = draft.header.with("alg", "\"dir\"")
            calls.append((label, try session.maker.call(jwe: draft.encrypted().text)))
        }
        return await session.rejects(calls)
    }

    private static let zip = ConformanceCase(
        "jwe-zip",
        .jwe,
        "The server rejects a message with zip, compressed or not.",
        fault: "the server accepts zip, and a small message can expand to a huge one"
    ) { session in
        let parameters = session.maker.credentials.validParameters
        let (low, high) = (
            UInt8(truncatingIfNeeded: parameters.count), UInt8(truncatingIfNeeded: parameters.count >> 8)
        )
        // One stored block (RFC 1951 section 3.2.4).
        let deflated = [1, low, high, ~low, ~high] + parameters
        var calls: [(String, TestCall)] = []
        for (label, plaintext) in [("compressed", deflated), ("not compressed", parameters)] {
            var draft = try session.maker.message(plaintext)
            draft.header = draft.header.with("zip", "\"DEF\"")
            calls.append((label, try session.maker.call(jwe: draft.encrypted().text)))
        }
        return await session.rejects(calls)
    }
}
#endif
