import ArgumentParser
import Glibc
import KMCommandLine
import KMSecurity

/// Groups the commands for tokenization keys.
struct PARKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make and compare tokenization keys.",
        subcommands: [PARKeyGenerateCommand.self, PARKeyCheckCommand.self]
    )
}

/// Makes a tokenization key.
struct PARKeyGenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make a tokenization key: a new file (mode 0600) of 64 random hexadecimal digits.",
        discussion: """
            Prints the key check value for version 1. The key is the digits themselves: 64 bytes that hold 256 random \
            bits. Keep the file as long as the cards exist: a different key gives a different PAR for every card.
            """
    )

    @Option(help: ArgumentHelp("The new file, which must not exist.", valueName: "file"), completion: .file())
    var out: String

    func run() throws {
        let digits = try SecretBytes(randomCount: TokenizationKey.generatedByteCount).withBytes { random in
            try SecretBytes(capacity: 2 * random.count + 1) { output in
                for index in random.indices {
                    for digit in [random[index] >> 4, random[index] & 15] {
                        output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                    }
                }
                output.append(UInt8(ascii: "\n"))
            }
        }
        let key = try TokenizationKey(digits.withoutTrailingNewline())
        try digits.write(toNewFile: out)
        do {
            try Streams.writeLine(key.keyCheckValue)
        } catch {
            unsafe unlink(out)
            throw error
        }
    }
}

/// Prints the check value of a tokenization key, by which two sites can compare their keys.
struct PARKeyCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Print a tokenization key's check value: ten hexadecimal digits.",
        usage: """
            kmsec par key check (--key-file <file> | --key-env <name>) [--key-version <number>]
                                [--check-value <digits>]
            """,
        discussion:
            "Two sites that see the same digits have the same key and version. The digits do not reveal the key."
    )

    @OptionGroup var key: TokenizationKeyOptions

    func run() throws {
        try Streams.writeLine(key.load().keyCheckValue)
    }
}
