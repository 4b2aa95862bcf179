/// Message-level bodies.
enum MadeMessage {
    static func body(_ jwe: String) -> [UInt8] {
        Array("{\"encData\":\(MadeHeader.quoted(jwe))}".utf8)
    }

    /// Returns a message to the active key, before encryption.
    static func draft(_ plaintext: [UInt8], _ profile: MadeProfile, _ seeded: SeededBytes) throws -> JWEDraft {
        JWEDraft(
            header: .message(profile.enc, kid: profile.kid),
            plaintext: plaintext,
            key: try MadeContentKey(profile.enc, to: .active, seeded),
            iv: try seeded.bytes(12, "IV")
        )
    }

    /// Returns two requests in the `documented` profile.
    static func target(_ seeded: SeededBytes) throws -> MadeTarget {
        let drafts = try ["one", "other"].map { name in
            let own = seeded.scope(name)
            return try draft(Array(MadeParameters.request(own).utf8), .documented, own)
        }
        return MadeTarget(draft: drafts[0], other: try drafts[1].made())
    }
}

/// Two messages to the active key; the first one receives the defects.
struct MadeTarget {
    let draft: JWEDraft
    let other: MadeJWE

    /// Returns the inputs for one defect; `seeded` is scoped to the defect.
    func source(_ seeded: SeededBytes) -> JWEDamage.Source {
        JWEDamage.Source(draft: draft, other: other, key: .active, seeded: seeded)
    }
}
