/// Key rings of groups.
enum MadeRing {
    /// A receiver's ring of all keys.
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

    /// The id of a sender's key that has no public half.
    static let halfID = "00000000000000000000000000000001"
    /// An id that no ring has.
    static let unknownID = "00000000000000000000000000000002"

    /// A sender's ring: all keys, and one without its public half.
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

    /// Ids under which nothing is encrypted, and how each is refused.
    static let refusingSenders: [(comment: String, id: String, error: String)] =
        [
            ("under an inactive key", MadeKey.inactive.id, "keyNotActive"),
            ("under a discarded key", MadeKey.discarded.id, "keyNotActive"),
            ("under a key without its public half", halfID, "keyHalfMissing"),
        ] + refusedIDs

    /// Ids under which nothing is decrypted, and how each is refused.
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

/// How the profiles of the wire write messages.
struct MadeProfile {
    let name: String
    /// The algorithm, where it is not the profile's own.
    let givenEnc: String?

    /// What a content is encrypted with.
    var enc: String { givenEnc ?? (name == "documented" ? "A256GCM" : "A128GCM") }
    /// The kid of a message, where the profile writes one.
    var kid: String? { name == "documented" ? MadeKey.active.id : nil }
    /// For comments.
    var comment: String { "profile \(name)\(givenEnc.map { " with \($0)" } ?? "")" }

    static let documented = MadeProfile(name: "documented", givenEnc: nil)
    static let gateway = MadeProfile(name: "gateway", givenEnc: nil)
    /// Both, with each algorithm.
    static let all = [documented, gateway].flatMap { profile in
        [profile] + ["A128GCM", "A256GCM"].map { MadeProfile(name: profile.name, givenEnc: $0) }
    }

    /// A test's members.
    var members: [JSONText.Member] {
        [.init("profile", .text(name))] + (givenEnc.map { [.init("enc", .text($0))] } ?? [])
    }
}
