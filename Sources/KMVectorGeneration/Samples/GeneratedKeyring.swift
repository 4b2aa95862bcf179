/// The keyrings of test groups.
enum GeneratedKeyring {
    /// The keyring of a receiver, with all keys.
    static var receiver: JSONText.Member {
        .init(
            "keys",
            .list(
                TestKey.all.map { key in
                    .object([
                        .init("id", .text(key.id)), .init("state", .text(key.state)),
                        .init("privateKey", .text(key.privateKey)),
                    ])
                }
            )
        )
    }

    /// The id of the key for which the sender has no public key.
    static let privateOnlyID = "00000000000000000000000000000001"
    /// A key id that is in no keyring.
    static let unknownID = "00000000000000000000000000000002"

    /// Returns the keyring of a sender: all keys, and one more without its public key.
    static func sender() throws -> JSONText.Member {
        let whole = try TestKey.all.map { key in
            JSONText.object([
                .init("id", .text(key.id)), .init("state", .text(key.state)),
                .init("publicKey", .text(try key.publicKey())),
                .init("privateKey", .text(key.privateKey)),
            ])
        }
        let privateOnly = JSONText.object([
            .init("id", .text(privateOnlyID)), .init("state", "active"),
            .init("privateKey", .text(TestKey.active.privateKey)),
        ])
        return .init("keys", .list(whole + [privateOnly]))
    }

    /// The key ids under which encryption must fail, with the error code for each.
    static let rejectedEncryptionKeys: [(comment: String, id: String, error: String)] =
        [
            ("under an inactive key", TestKey.inactive.id, "keyNotActive"),
            ("under a discarded key", TestKey.discarded.id, "keyNotActive"),
            ("under a key without its public half", privateOnlyID, "keyHalfMissing"),
        ] + rejectedKeyIDs

    /// The key ids under which decryption must fail, with the error code for each.
    static let rejectedDecryptionKeys: [(comment: String, id: String, error: String)] =
        [
            ("under a discarded key", TestKey.discarded.id, "keyNotActive")
        ] + rejectedKeyIDs

    private static let rejectedKeyIDs = [
        ("under a key id that the ring does not have", unknownID, "keyUnknown"),
        ("under the key id in capital letters", TestKey.active.id.uppercased(), "keyUnknown"),
        ("under a key id of 31 characters", String(TestKey.active.id.dropLast()), "headerInvalid"),
        ("under no key id", "", "headerInvalid"),
        ("under a key id with a space for a digit", TestKey.active.id.dropLast() + " ", "headerInvalid"),
    ]
}

/// A wire profile, optionally with another content encryption algorithm.
struct ProfileVariant {
    let name: String
    /// The content encryption algorithm, if it is not the default of the profile.
    let explicitEnc: String?

    /// The content encryption algorithm in use.
    var enc: String { explicitEnc ?? (name == "documented" ? "A256GCM" : "A128GCM") }
    /// The `kid` of a message; nil if the profile does not write one.
    var kid: String? { name == "documented" ? TestKey.active.id : nil }
    /// The text that names the profile in test comments.
    var comment: String { "profile \(name)\(explicitEnc.map { " with \($0)" } ?? "")" }

    static let documented = ProfileVariant(name: "documented", explicitEnc: nil)
    static let gateway = ProfileVariant(name: "gateway", explicitEnc: nil)
    /// Both profiles, each with its default and with each explicit algorithm.
    static let all = [documented, gateway].flatMap { profile in
        [profile] + ["A128GCM", "A256GCM"].map { ProfileVariant(name: profile.name, explicitEnc: $0) }
    }

    /// The members of a test that name the profile and the algorithm.
    var members: [JSONText.Member] {
        [.init("profile", .text(name))] + (explicitEnc.map { [.init("enc", .text($0))] } ?? [])
    }
}
