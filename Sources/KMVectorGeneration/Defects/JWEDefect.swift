/// A single defect in a JWE, and the error code with which a receiver must reject the message.
///
/// The rest of the message is valid, so the defect alone decides the result.
package struct JWEDefect: Sendable {
    /// The inputs from which the defective message is made.
    package struct Source {
        /// The message before encryption.
        let draft: JWEDraft
        /// Another message, encrypted to the same key.
        let other: JWEParts
        /// The recipient of both messages.
        let key: any RSARecipient
        /// Another recipient.
        let otherKey: any RSARecipient
        /// Seeded bytes, scoped to this defect.
        let seeded: SeededBytes
    }

    /// What is wrong with the message.
    package let comment: String
    /// The kind of the defect.
    package let flag: String
    /// The expected error code.
    package let error: String
    /// Returns the defective message.
    package let message: @Sendable (Source) throws -> String

    init(
        _ comment: String,
        _ flag: String,
        _ error: String,
        _ message: @escaping @Sendable (Source) throws -> String
    ) {
        self.comment = comment
        self.flag = flag
        self.error = error
        self.message = message
    }

    /// The flags of the defects, with their meanings.
    static let flags: [Flag] = [
        ("ModifiedPart", "A part differs from what was encrypted, or comes from another message."),
        ("PartSize", "A part has a byte more or less, or none."),
        ("Structure", "The message is cut, or does not consist of five parts."),
        ("Encoding", "A part is not canonical base64url without padding."),
        ("Algorithm", "alg or enc is none that is taken, whatever else is right."),
        ("Extension", "zip or crit: what would have to be understood."),
        ("HeaderJson", "The protected header is no JSON object of unique members of the right types."),
        ("KeyId", "Which key is named, by the header and besides."),
        (
            "ContentKey",
            "The encrypted key does not hold a content key of the size that enc asks for, or does not decrypt."
        ),
        ("OtherKey", "Encrypted to another key."),
    ]

    /// The defects that are used for single JWEs, messages and fields.
    static var everywhere: [JWEDefect] {
        modifiedParts + foreignParts + cuts + extensions + keyIDs + contentKeys
    }

    /// The defects that are used for messages.
    static var ofMessages: [JWEDefect] { everywhere + algorithms }

    /// All defects, which are used for single JWEs.
    package static var all: [JWEDefect] {
        ofMessages + partSizes + exchangedParts + structures + encodings + headerTexts
    }
}

/// Two messages to one key; the first one receives the defects.
package struct DefectTarget: Sendable {
    let draft: JWEDraft
    let other: JWEParts
    let key: any RSARecipient
    let otherKey: any RSARecipient

    /// Creates a target from two messages to `key`.
    package init(draft: JWEDraft, other: JWEParts, key: any RSARecipient, otherKey: any RSARecipient) {
        (self.draft, self.other, self.key, self.otherKey) = (draft, other, key, otherKey)
    }

    /// Returns the inputs for one defect; `seeded` is scoped to the defect.
    package func source(_ seeded: SeededBytes) -> JWEDefect.Source {
        JWEDefect.Source(draft: draft, other: other, key: key, otherKey: otherKey, seeded: seeded)
    }
}
