/// A single defect in a JWE, and the error code with which a receiver must reject the message.
///
/// The rest of the message is valid, so the defect alone decides the result.
struct JWEDefect {
    /// The inputs from which the defective message is made.
    struct Source {
        /// The message before encryption.
        let draft: JWEDraft
        /// Another message, encrypted to the same key.
        let other: JWEParts
        /// Seeded bytes, scoped to this defect.
        let seeded: SeededBytes
    }

    let comment: String
    let flag: String
    /// The expected error code.
    let error: String
    /// Returns the defective message.
    let message: (Source) throws -> String

    init(
        _ comment: String,
        _ flag: String,
        _ error: String,
        _ message: @escaping (Source) throws -> String
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
    static var all: [JWEDefect] {
        ofMessages + partSizes + exchangedParts + structures + encodings + headerTexts
    }
}

/// Two messages to the active key; the first one receives the defects.
struct DefectTarget {
    let draft: JWEDraft
    let other: JWEParts

    /// Returns the inputs for one defect; `seeded` is scoped to the defect.
    func source(_ seeded: SeededBytes) -> JWEDefect.Source {
        JWEDefect.Source(draft: draft, other: other, seeded: seeded)
    }
}
