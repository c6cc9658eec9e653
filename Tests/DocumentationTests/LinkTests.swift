import Foundation
import Testing

@Suite("Documentation: links, and the README")
struct LinkTests {
    @Test("every relative link leads to a file") func targets() throws {
        var count = 0
        for page in try Page.all() {
            let folder = Page.root.appending(path: page.path).deletingLastPathComponent()
            for link in page.links where !link.contains("://") && !link.hasPrefix("#") {
                count += 1
                let file = folder.appending(path: link.removingPercentEncoding ?? link)
                #expect(FileManager.default.fileExists(atPath: file.path), "\(page): \(link)")
            }
        }
        #expect(count > 40)
    }

    @Test("every article is to be reached from its first page, and that from the README") func topics() throws {
        let readme = try Page("README.md").links
        for module in Page.modules {
            let first = try Page(module, module)
            #expect(readme.contains(first.path), "\(first)")
            for page in try Page.articles(of: module) where page.path != first.path {
                let file = URL(filePath: page.path).lastPathComponent
                let title = page.text.prefix { $0 != "\n" }.dropFirst(2)
                #expect(first.text.contains("- [\(title)](\(file))"), "\(page)")
            }
        }
    }

    @Test("the README is a page, not a book") func length() throws {
        #expect(try Page("README.md").text.split(separator: "\n", omittingEmptySubsequences: false).count <= 121)
    }

    @Test("the maps of the modules have every one, and no other") func modules() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Page.root.appending(path: "Sources").path)
        for page in [try Page("README.md"), try Page("ChatWire", "Architecture")] {
            let documented = page.rows.flatMap { $0[0].codeSpans }
            #expect(documented.sorted() == folders.filter { !$0.hasPrefix(".") }.sorted(), "\(page)")
        }
    }

    @Test("the files that the README's map names are there") func moduleFiles() throws {
        var count = 0
        for row in try Page("README.md").rows {
            let folders = row[0].codeSpans.map { Page.root.appending(path: "Sources/\($0)") }
            for name in row[1].codeSpans where name.hasSuffix(".swift") || name.hasSuffix("/") {
                count += 1
                let isThere = folders.contains { FileManager.default.fileExists(atPath: $0.appending(path: name).path) }
                #expect(isThere, "\(row[0]): \(name)")
            }
        }
        #expect(count > 30)
    }

    @Test("the README's figures are those that were measured last") func figures() throws {
        let measured = try Page("Tests/Bench/Figures.md").text
        let readme = try Page("README.md").text
        let behind = try #require(readme.split(separator: "## What makes it different").last)
        let section = try #require(behind.split(separator: "\n## ").first)
        let numbers = section.matches(of: /\*\*([\d.,]+)\*\*/).map { String($0.1) }
        let figures = numbers + section.matches(of: /20\d\d-\d\d-\d\d/).map { String($0.0) }
        #expect(figures.count > 5)
        for figure in figures { #expect(measured.contains(figure), "\(figure)") }
    }

    @Test("every `make` target that is named is there") func makeTargets() throws {
        let makefile = try Page("Makefile").text
        for page in try Page.all() {
            for target in page.text.matches(of: /(?:^|`)make ([a-z-]+)/.anchorsMatchLineEndings()) {
                #expect(makefile.contains("\n\(target.1):"), "\(page): make \(target.1)")
            }
        }
    }
}
