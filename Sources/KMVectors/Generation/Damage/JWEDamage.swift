/// A way to damage a JWE, and how a receiver has to refuse what comes of it.
///
/// Each is one fault in a message that is right otherwise, so that the fault alone decides.
struct JWEDamage {
    /// What is changed.
    struct Source {
        /// The message, before it is encrypted.
        let draft: JWEDraft
        /// Another message, to the same key.
        let other: MadeJWE
        /// The receiver's key.
        let key: MadeKey
        /// The damage's own labels.
        let seeded: SeededBytes
    }

    let comment: String
    let flag: String
    /// The error's code.
    let error: String
    /// Makes the damaged message.
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

    /// What the flags mean.
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

    /// Those that each level is tried with.
    static var everywhere: [JWEDamage] {
        modifiedParts + foreignParts + cuts + extensions + keyIDs + contentKeys
    }

    /// Those that a message is tried with.
    static var ofMessages: [JWEDamage] { everywhere + algorithms }

    /// All.
    static var all: [JWEDamage] {
        ofMessages + partSizes + exchangedParts + structures + encodings + headerTexts
    }
}
