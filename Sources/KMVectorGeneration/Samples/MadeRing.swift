/// The keyrings of test groups.
enum MadeRing {
    /// The keyring of a receiver, with all keys.
    static var receiver: JSONText.Member {
        .init(
            "keys",
            .list(
                MadeKey.all.map { key in
                    .object([
                        .init("id", .text(key.id)), .init("state", .text(key.state)),
                        .init("privateKey", .text(key.privateKey)),
                    ])
                }
            )
        )
    }

    /// The id of the key for which the sender has no public key.
    static let halfID = "00000000000000000000000000000001"
    /// A key id that is in no keyring.
    static let unknownID = "00000000000000000000000000000002"

    /// Returns the keyring of a sender: all keys, and one more without its public key.
    static func sender() throws -> JSONText.Member {
        let whole = try MadeKey.all.map { key in
            JSONText.object([
                .init("id", .text(key.id)), .init("state", .text(key.state)),
                .init("publicKey", .text(try key.publicKey())),
                .init("privateKey", .text(key.privateKey)),
            ])
        }
        let half = JSONText.object([
            .init("id", .text(halfID)), .init("state", "active"),
            .init("privateKey", .text(MadeKey.active.privateKey)),
        ])
        return .init("keys", .list(whole + [half]))
    }

    /// The key ids under which encryption must fail, with the error code for each.
    static let refusingSenders: [(comment: String, id: String, error: String)] =
        [
            ("under an inactive key", MadeKey.inactive.id, "keyNotActive"),
            ("under a discarded key", MadeKey.discarded.id, "keyNotActive"),
            ("under a key without its public half", halfID, "keyHalfMissing"),
        ] + refusedIDs

    /// The key ids under which decryption must fail, with the error code for each.
    static let refusingReceivers: [(comment: String, id: String, error: String)] =
        [
            ("under a discarded key", MadeKey.discarded.id, "keyNotActive")
        ] + refusedIDs

    private static let refusedIDs = [
        ("under a key id that the ring does not have", unknownID, "keyUnknown"),
        ("under the key id in capital letters", MadeKey.active.id.uppercased(), "keyUnknown"),
        ("under a key id of 31 characters", String(MadeKey.active.id.dropLast()), "headerInvalid"),
        ("under no key id", "", "headerInvalid"),
        ("under a key id with a space for a digit", MadeKey.active.id.dropLast() + " ", "headerInvalid"),
    ]
}

/// A wire profile, optionally with another content encryption algorithm.
struct MadeProfile {
    let name: String
    /// The content encryption algorithm, if it is not the default of the profile.
    let givenEnc: String?

    /// The content encryption algorithm in use.
    var enc: String { givenEnc ?? (name == "documented" ? "A256GCM" : "A128GCM") }
    /// The `kid` of a message; nil if the profile does not write one.
    var kid: String? { name == "documented" ? MadeKey.active.id : nil }
    /// The text that names the profile in test comments.
    var comment: String { "profile \(name)\(givenEnc.map { " with \($0)" } ?? "")" }

    static let documented = MadeProfile(name: "documented", givenEnc: nil)
    static let gateway = MadeProfile(name: "gateway", givenEnc: nil)
    /// Both profiles, each with its default and with each explicit algorithm.
    static let all = [documented, gateway].flatMap { profile in
        [profile] + ["A128GCM", "A256GCM"].map { MadeProfile(name: profile.name, givenEnc: $0) }
    }

    /// The members of a test that name the profile and the algorithm.
    var members: [JSONText.Member] {
        [.init("profile", .text(name))] + (givenEnc.map { [.init("enc", .text($0))] } ?? [])
    }
}
