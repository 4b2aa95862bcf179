import ArgumentParser
import KMSecurity

/// The options that select the fields to encrypt or decrypt.
struct FieldPathOptions: ParsableArguments {
    @Option(
        name: .customLong("field"),
        help: ArgumentHelp(
            "The JSONPath of values to encrypt or decrypt in place; can be repeated.",
            valueName: "path"
        ),
        transform: JSONPath.init(_:)
    )
    var paths: [JSONPath] = []

    @Flag(help: "With --field: accept a path that matches nothing, or not every item of a list.")
    var allowUnmatched = false

    func validate() throws {
        guard paths.isEmpty, allowUnmatched else { return }
        throw ValidationError("--allow-unmatched requires --field")
    }

    /// Returns field-level protection if there are paths, otherwise message-level protection.
    func protection() throws -> Protection {
        guard !paths.isEmpty else { return .message }
        return .fields(try FieldSelection(paths, presence: allowUnmatched ? .optional : .everyItem))
    }
}

/// The field options for a body without headers: paths, and the correlation id that the headers would contain.
struct FieldOptions: ParsableArguments {
    @OptionGroup private var selection: FieldPathOptions

    @Option(
        help: "With --field: the message's correlation id, to which the fields are bound; not used if omitted.",
        transform: CorrelationID.init(_:)
    )
    var correlationID: CorrelationID?

    func validate() throws {
        guard selection.paths.isEmpty, correlationID != nil else { return }
        throw ValidationError("--correlation-id requires --field")
    }

    /// Returns field-level protection if there are paths, otherwise message-level protection.
    func protection() throws -> Protection { try selection.protection() }
}
