export type { ArtefactKind } from './artefact-meta.ts'
export {
  type BuildImagesOptions,
  type BuildProgress,
  buildImages,
  buildMicrovmKernel,
  imageNames,
} from './build-images.ts'
export {
  BuildProgramError,
  BuildToolMissingError,
  GuestAgentMissingError,
  ImageDamagedError,
  ImageMissingError,
  KernelFormatError,
  LinkOccupiedError,
  NoSpaceError,
  UnknownImageError,
} from './errors.ts'
export { fileSha256 } from './file-digest.ts'
export { ROOTFS_FILENAME, rootfsPath } from './home-layout.ts'
export { type ImageProblem, type ImageSummary, listImages, verifyImage } from './images.ts'
export { type MmdebstrapRun, runMmdebstrap } from './mmdebstrap.ts'
export { type PruneImagesOptions, pruneImages } from './prune.ts'
export { type ResolvedImage, resolveImage, resolveRootfs } from './resolve-image.ts'
export {
  createScratchDrive,
  DEFAULT_SCRATCH_MIB,
  type ScratchDriveOptions,
} from './scratch-drive.ts'
