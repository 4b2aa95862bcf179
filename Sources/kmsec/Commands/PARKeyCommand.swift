import ArgumentParser
import Glibc
import KMSecurity

/// Groups what is done with tokenization keys.
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
            Prints its key check value as version 1. The digits are the key as they stand, 64 bytes of 256 bits. Keep it \
            for as long as there are cards: under another key every PAR is another.
            """
    )

    @Option(help: ArgumentHelp("The file, which must not be there.", valueName: "file"), completion: .file())
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

/// Shows by what two sites tell that they hold the same key.
struct PARKeyCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Print a tokenization key's check value: ten hexadecimal digits.",
        usage: """
            kmsec par key check (--key-file <file> | --key-env <name>) [--key-version <number>]
                                [--check-value <digits>]
            """,
        discussion:
            "Sites that see the same digits hold the same key in the same version. They tell nothing of the key."
    )

    @OptionGroup var key: TokenizationKeyOptions

    func run() throws {
        try Streams.writeLine(key.load().keyCheckValue)
    }
}
