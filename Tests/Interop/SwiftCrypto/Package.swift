// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "SwiftCryptoSpeed",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "4.0.0")],
    targets: [
        .executableTarget(
            name: "SwiftCryptoSpeed",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "_CryptoExtras", package: "swift-crypto"),
            ]
        )
    ]
)
