import ArgumentParser
import Foundation
import Glibc
import KMCommandLine
import KMSecurity

/// Groups the commands for RSA keys.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make RSA key pairs.",
        subcommands: [KeyGenerateCommand.self]
    )
}

/// Makes an RSA key pair and its self-signed certificate.
struct KeyGenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make an RSA key pair: ID.private.pem (PKCS#8, mode 0600), ID.public.pem (SPKI) and ID.cert.pem.",
        discussion: """
            Prints the key id. No existing file is changed. Without a passphrase, the private key is stored unencrypted. \
            With --in, the private key is made in an HSM, which it cannot leave; it has the key id as its label.
            """
    )

    @Option(
        help: ArgumentHelp("The directory, created with mode 0700 if it does not exist.", valueName: "directory"),
        completion: .directory
    )
    var out: String

    @Option(
        help: "The key's id, 32 letters, digits, - and _ (default: 32 random hexadecimal digits).",
        transform: CryptoKeyID.init(_:)
    )
    var id: CryptoKeyID?

    @Option(help: "The size of the RSA key in bits, 2048 to 8192.")
    var bits = 2048

    @Option(help: "The validity of the self-signed certificate in days, 1 to 36500.")
    var days = 730

    @OptionGroup var passphrase: PassphraseOptions

    @Option(
        name: .customLong("in"),
        help: ArgumentHelp(
            "The pkcs11: URI of the token of an HSM, which then has the private key and the certificate too.",
            valueName: "uri"
        )
    )
    var token: String?

    @OptionGroup var hsm: HSMOptions

    func validate() throws {
        try hsm.check(token)
        if let token {
            guard HSMKey.isURI(token) else { throw ValidationError("--in must be a pkcs11: URI") }
            guard passphrase.passphraseFile == nil, passphrase.passphraseEnv == nil else {
                throw ValidationError("a private key in an HSM needs no passphrase; give --in or a passphrase")
            }
        }
        guard RSAPublicKey.bitCounts.contains(bits) else { throw ValidationError("--bits must be 2048 to 8192") }
        guard (1...36_500).contains(days) else { throw ValidationError("--days must be 1 to 36500") }
    }

    private var validity: ClosedRange<Date> {
        let now = Date(timeIntervalSince1970: Date.now.timeIntervalSince1970.rounded(.down))
        return now...now.addingTimeInterval(Double(days) * 86_400)
    }

    func run() async throws {
        let id = try id ?? CryptoKeyID.random()
        let base = "\(out)/\(id)"
        for path in ["private", "public", "cert"].map({ "\(base).\($0).pem" })
        where FileManager.default.fileExists(atPath: path) {
            throw KMError(.fileExists, "\(path) exists; no existing file is changed")
        }
        if let token {
            let generation = HSMGeneration(token: token, id: id, bitCount: bits, validity: validity)
            let made = try await generation.run(hsm)
            do {
                try write(id, nil, nil, made.publicKey, made.certificate)
            } catch {
                Messages.hint("the HSM has the key, and its certificate: \(made.uri)")
                throw error
            }
            return Messages.hint(
                "use the key with kmsec keyring add … --private-key, or with kmsec decrypt --with: '\(made.uri)'"
            )
        }
        let secret = try passphrase.load()
        let key = try RSAPrivateKey.generate(bitCount: bits)
        let certificate = try Certificate.selfSigned(key, commonName: id.text, validity: validity)
        try write(id, key, secret, key.publicKey, certificate)
    }

    /// Writes the files, and prints the id.
    private func write(
        _ id: CryptoKeyID,
        _ key: RSAPrivateKey?,
        _ secret: SecretBytes?,
        _ publicKey: RSAPublicKey,
        _ certificate: Certificate
    ) throws {
        let base = "\(out)/\(id)"
        let paths = (secret: "\(base).private.pem", spki: "\(base).public.pem", certificate: "\(base).cert.pem")
        let isNewFolder = try makeFolder()
        var written: [String] = []
        do {
            if let key, let secret {
                try key.write(encryptedPEMToNewFile: paths.secret, passphrase: secret)
            } else if let key {
                try key.insecurePKCS8PEM().write(toNewFile: paths.secret)
            }
            if key != nil { written.append(paths.secret) }
            let spki = try publicKey.pemRepresentation()
            try writeNewFile(spki.span, path: paths.spki, mode: 0o644)
            written.append(paths.spki)
            let pem = try certificate.pemRepresentation()
            try writeNewFile(pem.span, path: paths.certificate, mode: 0o644)
            written.append(paths.certificate)
            try Streams.writeLine(id.text)
        } catch {
            // All or nothing: without the printed id, nobody would find the files.
            for path in written { unsafe unlink(path) }
            if isNewFolder { unsafe rmdir(out) }
            throw error
        }
    }

    /// Creates the directory, unless it exists.
    ///
    /// - Returns: Whether it was created.
    /// - Throws: ``KMError`` `fileUnwritable`.
    private func makeFolder() throws -> Bool {
        if unsafe mkdir(out, 0o700) == 0 { return true }
        guard errno != EEXIST else { return false }
        throw KMError(.fileUnwritable, "\(out): \(systemReason(errno))")
    }
}
