import { goRecipe } from './go.ts'
import { nodeRecipe } from './node.ts'
import { pythonRecipe } from './python.ts'
import type { RootfsRecipe } from './rootfs-recipe.ts'

/** Every runtime that Vulcan can make an image for. */
export const runtimeRecipes: readonly RootfsRecipe[] = [goRecipe, nodeRecipe, pythonRecipe]
