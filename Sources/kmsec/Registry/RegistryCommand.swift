import ArgumentParser
import KMCommandLine
import KMPARRegistry

/// Groups the commands for a registry of PARs.
struct RegistryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Keep one PAR for each account, through reissue and for its tokens.",
        discussion: """
            The registry is an SQLite file or a schema of a PostgreSQL database. It keeps no clear card number: it finds a \
            card by a keyed hash. Give each command the look-up key. During a rotation, give \
            both keys.
            """,
        subcommands: [
            RegistryCreateCommand.self, RegistryImportCommand.self, RegistryLookupCommand.self,
            RegistryLinkCommand.self, RegistryReissueCommand.self, RegistryHistoryCommand.self,
            RegistryEraseCommand.self, RegistryRotateCommand.self, RegistryStatisticsCommand.self,
            RegistryCheckCommand.self,
        ]
    )
}

/// Creates a registry.
struct RegistryCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a registry that uses the first --lookup-key.",
        usage: RegistryOptions.usage("create"),
        discussion: """
            Creates the SQLite file (mode 0600), or the schema and its tables in PostgreSQL. A registry that exists stays \
            as it is; it must have the same look-up key.
            """
    )

    @OptionGroup var registry: RegistryOptions

    func run() async throws {
        try await registry.use(creates: true) { registry in
            try Streams.writeLine("look-up key with \(try await registry.state().current)")
        }
    }
}
