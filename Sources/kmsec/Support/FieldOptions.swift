import ArgumentParser
import KMSecurity

/// The fields that a command encrypts or decrypts.
struct FieldPathOptions: ParsableArguments {
    @Option(
        name: .customLong("field"),
        help: ArgumentHelp(
            "A JSONPath of values to take one by one; may be given several times.",
            valueName: "path"
        ),
        transform: JSONPath.init(_:)
    )
    var paths: [JSONPath] = []

    @Flag(help: "With --field: a path may reach nothing, or not every item of a list.")
    var allowUnmatched = false

    func validate() throws {
        guard paths.isEmpty, allowUnmatched else { return }
        throw ValidationError("--allow-unmatched goes with --field")
    }

    /// Field level where there are paths, else message level.
    func protection() throws -> Protection {
        guard !paths.isEmpty else { return .message }
        return .fields(try FieldSelection(paths, requiresMatches: allowUnmatched ? .nowhere : .everywhere))
    }
}

/// The fields of a body that comes without its headers, and the correlation id that those would hold.
struct FieldOptions: ParsableArguments {
    @OptionGroup private var selection: FieldPathOptions

    @Option(
        help: "With --field: the message's correlation id, which the fields are bound to; not checked if missing.",
        transform: CorrelationID.init(_:)
    )
    var correlationID: CorrelationID?

    func validate() throws {
        guard selection.paths.isEmpty, correlationID != nil else { return }
        throw ValidationError("--correlation-id goes with --field")
    }

    /// Field level where there are paths, else message level.
    func protection() throws -> Protection { try selection.protection() }
}
