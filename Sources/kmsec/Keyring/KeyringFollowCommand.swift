import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// Follows a keyring file as a node does.
struct KeyringFollowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Follow a keyring file as a server does, and print each generation that is loaded.",
        discussion: """
            Use it to try how files are distributed before a server runs, and to rehearse a rotation. It writes the \
            census of its node, so it acknowledges each generation. Control-C ends it.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @Option(help: ArgumentHelp("The name of the node in the file; no other process can have it.", valueName: "name"))
    var node: String

    @Option(
        help: ArgumentHelp("The directory of the census (default: that of the file).", valueName: "directory"),
        completion: .directory
    )
    var censusDirectory: String?

    func run() async throws {
        Interruption.watch()
        let following = try FileKeyring(
            path: keyring.file,
            passphrases: keyring.store.passphrases,
            privateKeys: UnusedPrivateKeys(),
            node: node,
            censusDirectory: censusDirectory
        )
        // A signal ends the command in order, also while it writes a line.
        do { try await follow(following) } catch is CancellationError {}
        try following.writeCensus(hasEnded: true)
    }

    private func follow(_ following: FileKeyring) async throws {
        try report(following)
        var (lastFault, censusTime) = ("", ContinuousClock.now)
        while !Interruption.isAsked {
            do {
                if try following.reload() { try report(following) }
                lastFault = ""
            } catch let error as KMError where error.code != .fileUnwritable {
                if "\(error)" != lastFault { Messages.error("\(error); the old keys stay in use") }
                lastFault = "\(error)"
            }
            if ContinuousClock.now >= censusTime {
                try following.writeCensus()
                censusTime = .now + .seconds(1)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func report(_ following: FileKeyring) throws {
        try Streams.writeLine("generation \(following.file.generation)")
    }
}
