// Annotates files: nextflow run example.nf --variants 'data/*.vcf.gz' --reference references/GRCh38
include { GAS_ANNOTATE } from './modules/gas/annotate/main'

params.variants  = null
params.reference = null
params.sources   = []

workflow {
    variants = Channel.fromPath(params.variants, checkIfExists: true).map { file -> [[id: file.simpleName], file] }
    GAS_ANNOTATE(variants, [[:], file(params.reference, checkIfExists: true)], params.sources.collect { source -> file(source) })
    GAS_ANNOTATE.out.vcf.view { meta, vcf -> "${meta.id}: ${vcf}" }
}
